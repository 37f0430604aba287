// Why a guest cannot be started or go on.

import APEI
import Boot
import KVM
import Text

/// A failure of the VMM or its host, never of the guest.
public enum Failure: Error, Sendable {
  /// A system call that the host refused: what it was for, and -errno.
  case refused(StaticString, Int64)
  /// A file that cannot be opened or read, and -errno.
  case file(Text, Int64)
  /// The kernel's file, which is not an Image, and why.
  case image(Text, ImageError)
  /// The guest's machine cannot be described, or its memory is too small.
  case boot(BootError)
  /// The host's KVM lacks something.
  case missing(StaticString)
  /// KVM_RUN ended with a reason that this VMM does not know.
  case exit(UInt32)

  /// Says it on standard error.
  public func explain<Host: HostKernel>(_ host: Host) { message.write(host, to: 2) }

  /// It as a line.
  var message: Message {
    var message = Message(Sentence.vmm.form)
    switch self {
    case .refused(let what, let result):
      message.add(what)
      message.add(": ")
      message.add(error: result)
    case .file(let path, let result):
      message.add(path)
      message.add(": ")
      message.add(error: result)
    case .image(let path, let error):
      message.add("the kernel '")
      message.add(path)
      message.add("' ")
      switch error {
      case .notAnImage: message.add("is not an arm64 Image")
      case .gzip: message.add("is compressed: unpack it with gzip -d first")
      case .zboot: message.add("is an EFI zboot file: the Image in it must be extracted")
      case .elf: message.add("is an ELF file, not an Image")
      case .bigEndian: message.add("is big-endian")
      case .badSize: message.add("states an impossible size")
      }
    case .boot(let error):
      switch error {
      case .tooLittleMemory: message.add("kernel and initrd need more --memory")
      case .noRoom, .deviceTree: message.add("the command line is too long for the tables")
      case .coreCount, .memoryLayout: message.add("no machine can be described like this")
      }
    case .missing(let what):
      message.add("the host's KVM lacks ")
      message.add(what)
    case .exit(let reason):
      message.add("KVM_RUN: unexpected exit reason ")
      message.add(decimal: UInt64(reason))
    }
    message.add("\n")
    return message
  }
}
