import pg from 'pg'

const { builtins } = pg.types

/** `2026-01-31 12:00:00.5+00` as `2026-01-31T12:00:00.500Z`. Sessions of ours are in UTC. */
export const parseInstant = (text: string): string => {
  const day = text.slice(0, 10)
  const time = text.slice(11, 19)
  const end = text.length
  // Seconds are followed by "+00", or by a dot and one to six digits before it.
  const fraction =
    text.charCodeAt(19) === 46
      ? text
          .slice(20, end - 3)
          .slice(0, 3)
          .padEnd(3, '0')
      : '000'
  return `${day}T${time}.${fraction}Z`
}

/** bigint columns hold counts and amounts below 2^53; anything larger must not be rounded in silence. */
const parseCount = (text: string): number => {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`The bigint ${text} does not fit a number.`)
  return value
}

const OURS: ReadonlyMap<number, (text: string) => unknown> = new Map<number, (text: string) => unknown>([
  [builtins.TIMESTAMPTZ, parseInstant],
  [builtins.INT8, parseCount],
])

/** How rows are read: instants as ISO text with milliseconds, bigint as number, the rest as `pg` does. */
export const TYPE_PARSERS: pg.CustomTypesConfig = {
  getTypeParser: (id: number, format?: 'text' | 'binary') =>
    (format === 'binary' ? undefined : OURS.get(id)) ?? pg.types.getTypeParser(id, format as 'text'),
}
