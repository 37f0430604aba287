// What a hypervisor has of the virtual CPU interface: ICH_*. GICv3 chapter 6 and 12.4.
//
// ICH_HCR_EL2 is the *interrupt controller's* hypervisor control; HCR_EL2 is `HypervisorConfiguration`.

/// ICH_HCR_EL2. GICv3 12.4.4.
public struct InterruptControllerHypervisorControl: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Enable.
  public static let en = Field("En", 0)
  /// Maintenance interrupt while at most one list register is in use.
  public static let uie = Field("UIE", 1)
  /// Maintenance interrupt while EOIcount is not zero.
  public static let lrenpie = Field("LRENPIE", 2)
  /// Maintenance interrupt while no list register is pending.
  public static let npie = Field("NPIE", 3)
  /// Maintenance interrupt while Group 0 is enabled.
  public static let vgrp0EIE = Field("VGrp0EIE", 4)
  /// Maintenance interrupt while Group 0 is disabled.
  public static let vgrp0DIE = Field("VGrp0DIE", 5)
  /// Maintenance interrupt while Group 1 is enabled.
  public static let vgrp1EIE = Field("VGrp1EIE", 6)
  /// Maintenance interrupt while Group 1 is disabled.
  public static let vgrp1DIE = Field("VGrp1DIE", 7)
  /// Trap what both groups share.
  public static let tc = Field("TC", 10)
  /// Trap Group 0.
  public static let tall0 = Field("TALL0", 11)
  /// Trap Group 1.
  public static let tall1 = Field("TALL1", 12)
  /// Trap locally generated SErrors.
  public static let tsei = Field("TSEI", 13)
  /// Trap ICC_DIR_EL1.
  public static let tdir = Field("TDIR", 14)
  /// Ends of interrupts that no list register held.
  public static let eoiCount = Field("EOIcount", 31, 27)
  /// All fields.
  public static let fields = [
    en, uie, lrenpie, npie, vgrp0EIE, vgrp0DIE, vgrp1EIE, vgrp1DIE, tc, tall0, tall1, tsei,
    tdir, eoiCount,
  ]
}

/// ICH_VMCR_EL2: the guest's own control of its interface. GICv3 12.4.8.
public struct InterruptControllerVirtualMachineControl: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Group 0 is enabled: ICV_IGRPEN0_EL1.
  public static let veng0 = Field("VENG0", 0)
  /// Group 1 is enabled: ICV_IGRPEN1_EL1.
  public static let veng1 = Field("VENG1", 1)
  /// Of memory-mapped interfaces.
  public static let vackCtl = Field("VAckCtl", 2)
  /// Group 0 is signalled as virtual FIQ; RES1 with system registers.
  public static let vfiqEn = Field("VFIQEn", 3)
  /// Group 0's binary point is Group 1's too.
  public static let vcbpr = Field("VCBPR", 4)
  /// Ending an interrupt does not deactivate it.
  public static let veoim = Field("VEOIM", 9)
  /// Group 1's binary point.
  public static let vbpr1 = Field("VBPR1", 20, 18)
  /// Group 0's binary point.
  public static let vbpr0 = Field("VBPR0", 23, 21)
  /// The priority mask.
  public static let vpmr = Field("VPMR", 31, 24)
  /// All fields.
  public static let fields = [
    veng0, veng1, vackCtl, vfiqEn, vcbpr, veoim, vbpr1, vbpr0, vpmr,
  ]
}

/// ICH_VTR_EL2. GICv3 12.4.
public struct InterruptControllerVGICType: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// List registers, less one.
  public static let listRegs = Field("ListRegs", 4, 0)
  /// ICH_HCR_EL2.TDIR is there.
  public static let tds = Field("TDS", 19)
  /// No direct injection of virtual interrupts.
  public static let nV4 = Field("nV4", 20)
  /// Affinity level 3 may be other than zero.
  public static let a3v = Field("A3V", 21)
  /// Errors of software may raise an SError.
  public static let seis = Field("SEIS", 22)
  /// Bits of a virtual INTID: 0 sixteen, 1 twenty-four.
  public static let idBits = Field("IDbits", 25, 23)
  /// Preemption bits, less one.
  public static let preBits = Field("PREbits", 28, 26)
  /// Priority bits, less one.
  public static let priBits = Field("PRIbits", 31, 29)
  /// All fields.
  public static let fields = [listRegs, tds, nV4, a3v, seis, idBits, preBits, priBits]

  /// How many list registers there are.
  @inlinable public var listRegisterCount: Int {
    Int(self[InterruptControllerVGICType.listRegs]) &+ 1
  }
}

/// ICH_MISR_EL2: why the maintenance interrupt is asserted. GICv3 12.4.
public struct MaintenanceStatus: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// A list register has ended.
  public static let eoi = Field("EOI", 0)
  /// At most one list register is in use.
  public static let u = Field("U", 1)
  /// An interrupt ended that no list register held.
  public static let lrenp = Field("LRENP", 2)
  /// No list register is pending.
  public static let np = Field("NP", 3)
  /// Group 0 is enabled.
  public static let vgrp0E = Field("VGrp0E", 4)
  /// Group 0 is disabled.
  public static let vgrp0D = Field("VGrp0D", 5)
  /// Group 1 is enabled.
  public static let vgrp1E = Field("VGrp1E", 6)
  /// Group 1 is disabled.
  public static let vgrp1D = Field("VGrp1D", 7)
  /// All fields.
  public static let fields = [eoi, u, lrenp, np, vgrp0E, vgrp0D, vgrp1E, vgrp1D]
}

/// ICH_LR<n>_EL2: one virtual interrupt. GICv3 12.4.6.
public struct ListRegister: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The virtual interrupt.
  public static let vINTID = Field("vINTID", 31, 0)
  /// The physical interrupt behind it, with HW.
  public static let pINTID = Field("pINTID", 44, 32)
  /// Maintenance interrupt when it ends, without HW.
  public static let eoi = Field("EOI", 41)
  /// Its priority.
  public static let priority = Field("Priority", 55, 48)
  /// Group 1.
  public static let group = Field("Group", 60)
  /// A physical interrupt stands behind it and is deactivated with it.
  public static let hw = Field("HW", 61)
  /// 0 inactive, 1 pending, 2 active, 3 both.
  public static let state = Field("State", 63, 62)
  /// Pending.
  public static let pending = Field("State[0]", 62)
  /// Active.
  public static let active = Field("State[1]", 63)
  /// All fields; EOI is a bit of pINTID, and State has parts.
  public static let fields = [vINTID, pINTID, priority, group, hw, state]
}
