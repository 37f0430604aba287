/* What TF-A-tests expect of a platform that handles RAS errors first and has SDEI, for QEMU's board.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

#include <inttypes.h>
#include <stdint.h>

#include <arch_helpers.h>
#include <bl31/ea_handle.h>
#include <common/debug.h>
#include <lib/el3_runtime/context_mgmt.h>
#include <lib/extensions/ras.h>
#include <plat/common/platform.h>
#include <platform_def.h>
#include <services/sdei.h>

/* The event that tests of injected errors register. */
#define RAS_EVENT	5000

/* Where the ea-ffh group looks for memory that is not there. */
#define NOWHERE		UL(0x7FFFF000)

static sdei_ev_map_t private_events[] = {
	SDEI_DEFINE_EVENT_0(PLAT_SDEI_SGI_PRIVATE),
	SDEI_PRIVATE_EVENT(1000, SDEI_DYN_IRQ, SDEI_MAPF_DYNAMIC),
	SDEI_PRIVATE_EVENT(1001, SDEI_DYN_IRQ, SDEI_MAPF_DYNAMIC),
	SDEI_PRIVATE_EVENT(1002, SDEI_DYN_IRQ, SDEI_MAPF_DYNAMIC),
	SDEI_EXPLICIT_EVENT(RAS_EVENT, SDEI_MAPF_NORMAL),
};

static sdei_ev_map_t shared_events[] = {
	SDEI_SHARED_EVENT(2000, SDEI_DYN_IRQ, SDEI_MAPF_DYNAMIC),
	SDEI_SHARED_EVENT(2001, SDEI_DYN_IRQ, SDEI_MAPF_DYNAMIC),
	SDEI_SHARED_EVENT(2002, SDEI_DYN_IRQ, SDEI_MAPF_DYNAMIC),
};

REGISTER_SDEI_MAP(private_events, shared_events);

void plat_sdei_setup(void)
{
}

#if FFH_SUPPORT && ENABLE_FEAT_RAS

static int handle_record(const struct err_record_info *info, int record,
		const struct err_handler_data *const data)
{
	uint64_t status = read_erxstatus_el1();

	ERROR("Record %d on 0x%lx: status 0x%" PRIx64 ", reason %u, syndrome 0x%x\n", record,
	      read_mpidr_el1(), status, data->ea_reason, data->syndrome);
	write_erxstatus_el1(status);
	if (sdei_dispatch_event(RAS_EVENT) < 0) {
		ERROR("Nobody has registered event %d\n", RAS_EVENT);
		panic();
	}
	return 0;
}

/* Record 0, each core's own, and 1 to 3, which all cores see. */
static struct err_record_info records[] = {
	ERR_RECORD_SYSREG_V1(0, 4, ras_err_ser_probe_sysreg, handle_record, NULL),
};
static struct ras_interrupt interrupts[] = {
};

REGISTER_ERR_RECORD_INFO(records);
REGISTER_RAS_INTERRUPTS(interrupts);

/* There is nothing after this; the words are those that people look for. */
void plat_handle_uncontainable_ea(void)
{
	ERROR("Injected Uncontainable Error\n");
	while (true) {
		wfe();
	}
}

#endif

#if FFH_SUPPORT

/* Who reads what is not there goes on behind the load or store. */
void plat_ea_handler(unsigned int reason, uint64_t syndrome, void *cookie, void *handle,
		uint64_t flags)
{
	el3_state_t *state = get_el3state_ctx(handle);
	u_register_t elr = read_ctx_reg(state, CTX_ELR_EL3);

	if (reason == ERROR_EA_SYNC && read_far_el3() == NOWHERE) {
		ERROR("Nothing at 0x%lx: syndrome 0x%" PRIx64 "\n", NOWHERE, syndrome);
		write_ctx_reg(state, CTX_ELR_EL3, elr + 4U);
		return;
	}
	plat_default_ea_handler(reason, syndrome, cookie, handle, flags);
}

#endif
