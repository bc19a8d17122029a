/** As whom Ropewalk and the holder of a home's own token speak, and what readers would take for either. */
const RESERVED: ReadonlySet<string> = new Set(['owner', 'ropewalk', 'system'])

/** Whether nobody else may have this name, in whatever case: what they say would pass for Ropewalk's or the owner's. */
export const isReservedName = (name: string): boolean => RESERVED.has(name.toLowerCase())
