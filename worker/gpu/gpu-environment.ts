/**
 * The variables by which CUDA shows a model its slot's GPU alone. The GPU is named by its index, because widely used
 * programs read the value as a number and fail at a UUID. The order makes CUDA count as nvidia-smi does.
 * https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#env-vars
 */
export const gpuEnvironment = (gpu: string | undefined): Readonly<Record<string, string>> =>
  gpu === undefined ? {} : { CUDA_DEVICE_ORDER: 'PCI_BUS_ID', CUDA_VISIBLE_DEVICES: gpu };
