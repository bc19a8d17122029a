/** Who stands behind everything the offline model writes; raise the version when the same idea gives other bytes. */
export const OFFLINE_MAKER = { tool: 'offline-model', toolVersion: '1.0.0' } as const
