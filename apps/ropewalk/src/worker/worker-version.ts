/** What attempts say of the worker that ran them; raised when it does the same task differently. */
export const WORKER_VERSION = '1'
