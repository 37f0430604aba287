/* QEMU's board with RAM that ends before 0x7FFFF000, where the ea-ffh group wants nothing to be (run it with
 * 1022 MiB), and with its PL031 mapped beside the console.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

#include "../../qemu_virt/include/platform_def.h"

#undef DRAM_SIZE
#define DRAM_SIZE		0x3FE00000
#undef CRASH_CONSOLE_SIZE
#define CRASH_CONSOLE_SIZE	0x20000
