/* The PL031 as the timer of the tests: it is the only one on the board whose interrupt is shared, and the SDEI group
 * binds the timer's interrupt as a shared event. It counts seconds, so that everything is up to a second late.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

#include <mmio.h>
#include <platform.h>
#include <stddef.h>
#include <timer.h>

#define RTC_BASE	0x09010000UL
#define RTC_IRQ		(32 + 2)

#define RTC_DR		(RTC_BASE + 0x000)
#define RTC_MR		(RTC_BASE + 0x004)
#define RTC_IMSC	(RTC_BASE + 0x010)
#define RTC_ICR		(RTC_BASE + 0x01C)

static int stop(void)
{
	mmio_write_32(RTC_IMSC, 0);
	mmio_write_32(RTC_ICR, 1);
	return 0;
}

static int start(unsigned long milliseconds)
{
	stop();
	mmio_write_32(RTC_MR, mmio_read_32(RTC_DR) + (milliseconds + 999) / 1000);
	mmio_write_32(RTC_IMSC, 1);
	return 0;
}

static const plat_timer_t timer = {
	.program = start,
	.cancel = stop,
	.handler = stop,
	.timer_step_value = 2,
	.timer_irq = RTC_IRQ,
};

int plat_initialise_timer_ops(const plat_timer_t **ops)
{
	*ops = &timer;
	return stop();
}
