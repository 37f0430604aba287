# For TF-A-tests' ras-ffh-nested group, on TF-A's bl31/aarch64/runtime_exceptions.S and
# services/arm_arch_svc/arm_arch_svc_setup.c: SMCCC_VERSION leaves SErrors to EL2 from then on, and an SMC
# routes them to EL3 before it looks whether one is pending. So an SError that EL2 masks waits until EL3 finds it.

/^vector_entry sync_exception_aarch64$/,/^end_vector_entry/ {
  /^\tsync_and_handle_pending_serror$/i\
\tmrs\tx30, scr_el3\
\torr\tx30, x30, #SCR_EA_BIT\
\tmsr\tscr_el3, x30
}

/^\tcase SMCCC_VERSION:$/ {
  n
  /SMC_RET1/i\
\t\twrite_ctx_reg(get_el3state_ctx(handle), CTX_SCR_EL3,\
\t\t\tread_ctx_reg(get_el3state_ctx(handle), CTX_SCR_EL3) & ~SCR_EA_BIT);
}
