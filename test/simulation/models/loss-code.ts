/** The code of an item that stood alone in three losses of its worker (R4). It is written out here, so that the check does not follow the product. */
export const LOSS_CODE = 'WorkerLost';
