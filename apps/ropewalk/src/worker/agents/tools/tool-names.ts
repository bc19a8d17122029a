/** The name under which providers know a tool: their names have no dots. */
export const getWireName = (id: string): string => id.replaceAll('.', '_')

/** The id behind a provider's name: our ids are `group.verb`, so the first underscore was the dot. */
export const getToolId = (wireName: string): string => wireName.replace('_', '.')
