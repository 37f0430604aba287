// Lists of objects: processes, threads, VMs. There are few of each, and an object is in a list once.

/// Takes an object out of a list, if it is there.
@inline(never)
func remove<Object: AnyObject>(_ object: Object, from list: inout [Object]) {
  if let index = list.firstIndex(where: { $0 === object }) { list.remove(at: index) }
}
