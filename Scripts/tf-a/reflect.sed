# For TF-A-tests' ras-kfh-reflect group, on the same two files as nested.sed: SMCCC_VERSION routes IRQs to EL3 from then
# on, and when EL3 hands a pending SError back to EL2 it hands IRQs back too, and unmasks the SError.

/^func reflect_pending_async_ea_to_lower_el$/,/^endfunc/ {
  /^\tmsr\telr_el3, x28$/a\
\tmrs\tx28, scr_el3\
\tbic\tx28, x28, #SCR_IRQ_BIT\
\tmsr\tscr_el3, x28\
\tmrs\tx28, spsr_el3\
\tbic\tx28, x28, #(1 << 8)\
\tmsr\tspsr_el3, x28
}

/^\tcase SMCCC_VERSION:$/ {
  n
  /SMC_RET1/i\
\t\twrite_ctx_reg(get_el3state_ctx(handle), CTX_SCR_EL3,\
\t\t\tread_ctx_reg(get_el3state_ctx(handle), CTX_SCR_EL3) | SCR_IRQ_BIT);
}
