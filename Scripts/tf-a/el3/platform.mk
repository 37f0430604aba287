# TF-A's port for QEMU's board, and what its RAS and SDEI tests need besides: a folder plat/qemu/qemu_ras that
# changes no file of TF-A's own. See Documentation/TF-A.md.
#
# SPDX-License-Identifier: Apache-2.0

include plat/qemu/qemu/platform.mk

# Error records, and the events that TF-A-tests bind (1000 to 1002, 2000 to 2002) or wait for (5000).
BL31_SOURCES := $(filter-out plat/qemu/common/qemu_sdei.c,$(BL31_SOURCES)) \
  plat/qemu/qemu_ras/ras.c
$(eval $(call add_define_val,PLAT_RAS_PRI,0x10))
