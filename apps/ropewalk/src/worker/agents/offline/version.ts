/** Who stands behind everything the offline model writes; raise the version when the same idea gives other bytes. */
export const OFFLINE_MAKER = { tool: 'offline-model', toolVersion: '2.0.0' } as const

/** The version that everything written from an idea begins with. */
export const FIRST_VERSION = '0.1.0'
