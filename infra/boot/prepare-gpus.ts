/**
 * The part of the boot script that makes the GPUs usable for a service without privileges. CUDA makes missing device files through a setuid program, which the
 * worker's unit forbids (NoNewPrivileges). So root makes them before: nvidia-smi those of the GPUs, nvidia-modprobe the one of unified memory. An instance
 * whose GPUs do not answer ends here, with the reason in the boot log.
 */

/** The first call starts all GPUs. */
const PATIENCE_SECONDS = 300;

/** Without a limit, a driver that hangs would keep the instance for its longest life. */
export const prepareGpus = `step 'looking for GPUs'
timeout -k 10 ${PATIENCE_SECONDS} nvidia-smi -L
nvidia-modprobe -u -c=0 || step 'nvidia-modprobe made no /dev/nvidia-uvm: CUDA may not start'
`;
