// The encoder against binutils: what objdump reads in its bytes is what was asked for. Registers with and
// without a REX bit, bases that need a SIB byte or a displacement, short and long immediates. A REX prefix
// that a byte register would not have needed is written all the same.

import Foundation
import Support
import Testing

@testable import Machine

@Suite struct X86AssemblerGolden {
  /// What is asked for, and how objdump says it.
  static let rows: [(text: String, encode: @Sendable (inout X86Assembler) -> Void)] = [
    ("mov rax,rbx", { $0.mov(.ax, .bx) }),
    ("mov r8d,edi", { $0.mov(.r8, .di, w: false) }),
    ("mov ecx,ecx", { $0.mov(.cx, .cx, w: false) }),
    ("mov eax,0x0", { $0.mov(.ax, imm: 0) }),
    ("mov r9d,0xffffffff", { $0.mov(.r9, imm: 0xFFFF_FFFF) }),
    ("mov rsi,0xffffffff80000000", { $0.mov(.si, imm: 0xFFFF_FFFF_8000_0000) }),
    ("movabs r14,0x123456789abcdef0", { $0.mov(.r14, imm: 0x1234_5678_9ABC_DEF0) }),
    ("mov rdx,QWORD PTR [rbx-0x18]", { $0.load(.dx, .bx, -24) }),
    ("mov r15d,DWORD PTR [rbx+0x2a0]", { $0.load(.r15, .bx, 0x2A0, w: false) }),
    ("mov rcx,QWORD PTR [r12+0x8]", { $0.load(.cx, .r12, 8) }),
    ("mov rcx,QWORD PTR [r13+0x0]", { $0.load(.cx, .r13, 0) }),
    ("mov QWORD PTR [rsp+0x10],r10", { $0.store(.r10, .sp, 16) }),
    ("mov DWORD PTR [rbx-0x80],ebp", { $0.store(.bp, .bx, -128, w: false) }),
    ("mov QWORD PTR [rbx+0x290],0xffffffffffffffff", { $0.store(imm: -1, .bx, 0x290) }),
    (
      "mov rdx,QWORD PTR [rax+rcx*1]",
      { $0.load(.dx, .ax, .cx, size: 3, isSigned: false, to64: true) }
    ),
    (
      "mov r11d,DWORD PTR [rax+rcx*1]",
      { $0.load(.r11, .ax, .cx, size: 2, isSigned: false, to64: false) }
    ),
    (
      "movsxd r8,DWORD PTR [rax+rcx*1+0x4]",
      { $0.load(.r8, .ax, .cx, 4, size: 2, isSigned: true, to64: true) }
    ),
    (
      "movzx esi,WORD PTR [rax+rcx*1]",
      { $0.load(.si, .ax, .cx, size: 1, isSigned: false, to64: false) }
    ),
    (
      "movzx r13d,BYTE PTR [rax+rcx*1]",
      { $0.load(.r13, .ax, .cx, size: 0, isSigned: false, to64: false) }
    ),
    (
      "movsx rdi,WORD PTR [rax+rcx*1]",
      { $0.load(.di, .ax, .cx, size: 1, isSigned: true, to64: true) }
    ),
    (
      "movsx edi,WORD PTR [rax+rcx*1]",
      { $0.load(.di, .ax, .cx, size: 1, isSigned: true, to64: false) }
    ),
    (
      "movsx r9,BYTE PTR [rax+rcx*1]",
      { $0.load(.r9, .ax, .cx, size: 0, isSigned: true, to64: true) }
    ),
    (
      "movsx r9d,BYTE PTR [rax+rcx*1]",
      { $0.load(.r9, .ax, .cx, size: 0, isSigned: true, to64: false) }
    ),
    ("mov QWORD PTR [rax+rcx*1],r14", { $0.store(.r14, .ax, .cx, size: 3) }),
    ("mov DWORD PTR [rax+rcx*1+0x4],edx", { $0.store(.dx, .ax, .cx, 4, size: 2) }),
    ("mov WORD PTR [rax+rcx*1],r8w", { $0.store(.r8, .ax, .cx, size: 1) }),
    ("mov BYTE PTR [rax+rcx*1],sil", { $0.store(.si, .ax, .cx, size: 0) }),
    ("mov BYTE PTR [rax+rcx*1],r10b", { $0.store(.r10, .ax, .cx, size: 0) }),
    ("lea rdi,[r12+0x7fff]", { $0.lea(.di, .r12, 0x7FFF) }),
    ("lea edi,[rsi-0x1]", { $0.lea(.di, .si, -1, w: false) }),
    ("lea rdi,[rsi+r9*8]", { $0.lea(.di, .si, .r9, 3) }),
    ("lea edi,[r13+rdx*1+0x0]", { $0.lea(.di, .r13, .dx, 0, w: false) }),
    ("rex movzx ecx,cl", { $0.movzx(.cx, .cx, size: 0) }),
    ("movzx eax,dil", { $0.movzx(.ax, .di, size: 0) }),
    ("movzx r8d,bp", { $0.movzx(.r8, .bp, size: 1) }),
    ("movsx rax,sil", { $0.movsx(.ax, .si, size: 0) }),
    ("movsx r8,r9w", { $0.movsx(.r8, .r9, size: 1) }),
    ("movsxd rax,r11d", { $0.movsx(.ax, .r11, size: 2) }),
    ("cmovle rax,r10", { $0.cmov(.le, .ax, .r10, w: true) }),
    ("cmovb r8d,ecx", { $0.cmov(.b, .r8, .cx, w: false) }),
    ("rex setne cl", { $0.set(.ne, .cx) }),
    ("sete sil", { $0.set(.e, .si) }),
    ("setae BYTE PTR [rbx+0x2a0]", { $0.set(.ae, .bx, 0x2A0) }),

    ("add rax,r15", { $0.alu(.add, .ax, .r15, w: true) }),
    ("sbb r9d,edx", { $0.alu(.sbb, .r9, .dx, w: false) }),
    ("sub r15,0x40", { $0.alu(.sub, .r15, imm: 64, w: true) }),
    ("and edx,0xfffff03f", { $0.alu(.and, .dx, imm: -4033, w: false) }),
    ("xor rsi,QWORD PTR [rbx+0x298]", { $0.alu(.xor, .si, .bx, 0x298, w: true) }),
    ("cmp rdx,QWORD PTR [r12+rcx*1+0x8]", { $0.alu(.cmp, .dx, .r12, .cx, 8) }),
    ("add rax,QWORD PTR [r12+rcx*1+0x10]", { $0.alu(.add, .ax, .r12, .cx, 16) }),
    ("cmp DWORD PTR [rbx+0x2a0],0x1", { $0.alu(.cmp, .bx, 0x2A0, imm: 1, w: false) }),
    ("cmp BYTE PTR [rbx+0x2a0],0x1", { $0.cmp8(.bx, 0x2A0, imm: 1) }),
    ("test BYTE PTR [rbx+0x2a0],cl", { $0.test8(.cx, .bx, 0x2A0) }),
    ("cmc", { $0.complementCarry() }),
    ("cmp QWORD PTR [rbx-0xc0],0x0", { $0.alu(.cmp, .bx, -0xC0, imm: 0, w: true) }),
    ("rex or cl,dl", { $0.or8(.cx, .dx) }),
    ("test r8,r8", { $0.test(.r8, .r8, w: true) }),
    ("test ecx,edx", { $0.test(.cx, .dx, w: false) }),
    ("not r11", { $0.not(.r11, w: true) }),
    ("neg eax", { $0.neg(.ax, w: false) }),
    ("mul r9", { $0.group3(4, .r9, w: true) }),
    ("imul rsi", { $0.group3(5, .si, w: true) }),
    ("div ecx", { $0.group3(6, .cx, w: false) }),
    ("idiv rcx", { $0.group3(7, .cx, w: true) }),
    ("imul rax,r10", { $0.imul(.ax, .r10, w: true) }),
    ("cqo", { $0.signIntoDX(w: true) }),
    ("cdq", { $0.signIntoDX(w: false) }),
    ("shr rcx,0x3f", { $0.shift(.shr, .cx, 63, w: true) }),
    ("ror r8d,0x5", { $0.shift(.ror, .r8, 5, w: false) }),
    ("sar rdi,0x2", { $0.shift(.sar, .di, 2, w: true) }),
    ("ror rax,cl", { $0.shiftByCL(.ror, .ax, w: true) }),
    ("shrd rax,r9,0xd", { $0.shrd(.ax, .r9, 13, w: true) }),
    ("bt r10,0x3f", { $0.bitTest(.r10, UInt8(63)) }),
    ("bswap r8", { $0.bswap(.r8, w: true) }),
    ("bswap esi", { $0.bswap(.si, w: false) }),
    ("lzcnt r9,rax", { $0.lzcnt(.r9, .ax, w: true) }),
    ("lzcnt eax,edi", { $0.lzcnt(.ax, .di, w: false) }),
    ("rorx rcx,r8,0x20", { $0.rorx(.cx, .r8, 32) }),
    ("rorx r9,rcx,0x1", { $0.rorx(.r9, .cx, 1) }),
    ("shlx rax,rsi,r9", { $0.shiftx(.shl, .ax, .si, by: .r9, w: true) }),
    ("sarx r8d,edi,ecx", { $0.shiftx(.sar, .r8, .di, by: .cx, w: false) }),
    ("shrx rbp,r14,rdx", { $0.shiftx(.shr, .bp, .r14, by: .dx, w: true) }),

    ("jmp rsi", { $0.jump(.si) }),
    ("jmp r9", { $0.jump(.r9) }),
    ("jmp QWORD PTR [rcx+0x0]", { $0.jumpMemory(.cx, 0) }),
    ("jmp QWORD PTR [rcx+rax*2-0x2040]", { $0.jumpMemory(.cx, .ax, 1, -0x2040) }),
    ("call QWORD PTR [rbx-0xb0]", { $0.callMemory(.bx, -0xB0) }),
    ("push r15", { $0.push(.r15) }),
    ("pop rbp", { $0.pop(.bp) }),
    ("ret", { $0.ret() }),

    ("movups xmm0,XMMWORD PTR [rbx+0x90]", { $0.movups(.xmm0, .bx, 0x90) }),
    ("movups XMMWORD PTR [rbx+0x90],xmm3", { $0.movups(.bx, 0x90, .xmm3) }),
    ("movups xmm1,XMMWORD PTR [rax+rcx*1]", { $0.movups(.xmm1, .ax, .cx, 0) }),
    ("movups XMMWORD PTR [rax+rcx*1+0x10],xmm0", { $0.movups(.ax, .cx, 16, .xmm0) }),
    ("pxor xmm0,xmm0", { $0.pxor(.xmm0, .xmm0) }),
    ("movq xmm1,QWORD PTR [rbx+0x90]", { $0.loadScalar(.xmm1, .bx, 0x90, size: 3) }),
    ("movd xmm1,DWORD PTR [rbx+0x90]", { $0.loadScalar(.xmm1, .bx, 0x90, size: 2) }),
    ("movq QWORD PTR [rbx+0x98],xmm2", { $0.storeLow(.bx, 0x98, .xmm2) }),
    ("movq xmm3,xmm3", { $0.clearUpper(.xmm3) }),
    ("movaps xmm1,xmm0", { $0.move(.xmm1, .xmm0) }),
    ("movq rcx,xmm0", { $0.move(.cx, .xmm0, w: true) }),
    ("movd ecx,xmm2", { $0.move(.cx, .xmm2, w: false) }),
    ("paddd xmm0,xmm1", { $0.packed(0xFE, .xmm0, .xmm1) }),
    ("pcmpeqd xmm3,xmm3", { $0.packed(0x76, .xmm3, .xmm3) }),
    ("pmulld xmm0,xmm1", { $0.packed38(0x40, .xmm0, .xmm1) }),
    ("pcmpeqq xmm2,xmm1", { $0.packed38(0x29, .xmm2, .xmm1) }),
    ("psllw xmm0,0x3", { $0.packedShift(0x71, 6, .xmm0, 3) }),
    ("psrlq xmm2,0x35", { $0.packedShift(0x73, 2, .xmm2, 53) }),
    ("psrad xmm0,0x1f", { $0.packedShift(0x72, 4, .xmm0, 31) }),
    ("addsd xmm0,xmm1", { $0.float(0x58, .xmm0, .xmm1, isDouble: true, isPacked: false) }),
    ("mulss xmm0,xmm1", { $0.float(0x59, .xmm0, .xmm1, isDouble: false, isPacked: false) }),
    ("subpd xmm0,xmm1", { $0.float(0x5C, .xmm0, .xmm1, isDouble: true, isPacked: true) }),
    ("divps xmm0,xmm1", { $0.float(0x5E, .xmm0, .xmm1, isDouble: false, isPacked: true) }),
    ("ucomisd xmm0,xmm1", { $0.compare(.xmm0, .xmm1, isDouble: true) }),
    ("ucomiss xmm0,xmm1", { $0.compare(.xmm0, .xmm1, isDouble: false) }),
    ("cvtsi2sd xmm0,rcx", { $0.convert(.xmm0, .cx, isDouble: true) }),
    ("cvtsi2ss xmm0,rcx", { $0.convert(.xmm0, .cx, isDouble: false) }),
    ("movmskpd ecx,xmm1", { $0.signs(.cx, .xmm1, isDouble: true) }),
    ("movmskps ecx,xmm1", { $0.signs(.cx, .xmm1, isDouble: false) }),
    (
      "vfmadd231sd xmm0,xmm1,xmm2",
      { $0.fused(0xB8, .xmm0, .xmm1, .xmm2, isDouble: true, isPacked: false) }
    ),
    (
      "vfnmadd231ps xmm0,xmm1,xmm2",
      { $0.fused(0xBC, .xmm0, .xmm1, .xmm2, isDouble: false, isPacked: true) }
    ),
    (
      "vfnmsub231ss xmm0,xmm1,xmm2",
      { $0.fused(0xBE, .xmm0, .xmm1, .xmm2, isDouble: false, isPacked: false) }
    ),
    (
      "vfmsub231pd xmm0,xmm1,xmm2",
      { $0.fused(0xBA, .xmm0, .xmm1, .xmm2, isDouble: true, isPacked: true) }
    ),
    ("test DWORD PTR [rbx+0x800],0x10", { $0.test(.bx, 0x800, imm: 16) }),
    ("rex setnp cl", { $0.set(.np, .cx) }),
  ]

  /// Bytes of code by a closure.
  static func bytes(_ encode: (inout X86Assembler) -> Void) -> [UInt8] {
    var storage = [UInt8](repeating: 0xCC, count: 4096)
    let count = unsafe storage.withUnsafeMutableBufferPointer { buffer in
      var assembler = unsafe X86Assembler(buffer)
      let start = assembler.address
      encode(&assembler)
      return assembler.address - start
    }
    return Array(storage.prefix(count))
  }

  @Test func objdumpReadsWhatWasAskedFor() throws {
    let code = Self.rows.map { Self.bytes($0.encode) }
    let read = try Self.disassemble(code.flatMap(\.self))
    #expect(read == Self.rows.map(\.text))
  }

  @Test func jumpsGoWhereTheyArePatchedTo() throws {
    let code = Self.bytes { x86 in
      let start = x86.address
      let forward = x86.jump(.ne)
      let always = x86.jump()
      x86.jump(.l, to: start)
      x86.patch(forward)
      x86.jump(to: start)
      x86.patch(always)
      x86.ret()
    }
    #expect(
      try Self.disassemble(code) == ["jne 0x11", "jmp 0x16", "jl 0x0", "jmp 0x0", "ret"])
  }

  /// What binutils read in bytes, an instruction a line.
  private static func disassemble(_ bytes: [UInt8]) throws -> [String] {
    let (status, output) = try withFolder { folder in
      try Data(bytes).write(to: folder.appendingPathComponent("code"))
      return try Oracle.run(
        "objdump", ["-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel", "-z", "code"],
        in: folder,
        timeoutSeconds: 60)
    }
    try #require(status == 0)
    // Address, bytes and text, with tabs between them; a long instruction's bytes go on below.
    return String(decoding: output, as: UTF8.self).split(separator: "\n").compactMap { line in
      let parts = line.split(separator: "\t")
      guard parts.count == 3 else { return nil }
      let text = parts[2].split(separator: "#")[0]
      return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
  }
}
