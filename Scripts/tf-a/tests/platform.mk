# TF-A-tests' port for QEMU's board, with what its SDEI and ea-ffh groups need besides: a folder
# plat/qemu/qemu_ras that changes no file of TF-A-tests' own. See Documentation/TF-A.md.
#
# SPDX-License-Identifier: Apache-2.0

include plat/qemu/qemu_virt/platform.mk

PLAT_INCLUDES := -Iplat/qemu/qemu_ras/include $(PLAT_INCLUDES)
ifeq (${SHARED_TIMER},1)
PLAT_SOURCES := $(filter-out plat/qemu/qemu_virt/qemu_timer.c,$(PLAT_SOURCES)) \
  plat/qemu/qemu_ras/timer.c
endif
