/** `1234567` as `1,234,567`; the same on every machine. */
export const getCountText = (count: number): string =>
  String(Math.round(count)).replaceAll(/\B(?=(\d{3})+$)/gu, ',')

/** Millionths of a dollar as dollars, with as many digits as they need. */
export const getMicrosText = (micros: number): string => {
  const usd = micros / 1_000_000
  return usd !== 0 && Math.abs(usd) < 0.01 ? `$${usd.toFixed(4)}` : `$${usd.toFixed(2)}`
}

const UNITS = [
  { ms: 86_400_000, name: 'd' },
  { ms: 3_600_000, name: 'h' },
  { ms: 60_000, name: 'min' },
  { ms: 1000, name: 's' },
] as const

/** The two largest units of a time, as `1 h 4 min`; below a second as `0.4 s`. */
export const getTimeText = (ms: number): string => {
  if (ms < 1000) return `${(ms / 1000).toFixed(1)} s`
  const parts: string[] = []
  let left = Math.round(ms / 1000) * 1000
  for (const unit of UNITS) {
    const count = Math.floor(left / unit.ms)
    left -= count * unit.ms
    if (count > 0) parts.push(`${count} ${unit.name}`)
    else if (parts.length > 0) break
  }
  return parts.slice(0, 2).join(' ')
}

/** `a`, `a and b`, `a, b and c`. */
export const getListText = (names: readonly string[]): string => {
  const last = names.at(-1) ?? ''
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`
}

/** A text on one line, cut to `max` characters. */
export const shorten = (text: string, max: number): string => {
  const line = text.replaceAll(/\s+/gu, ' ').trim()
  return line.length <= max
    ? line
    : `${line
        .slice(0, max - 1)
        .trimEnd()
        .toWellFormed()}…`
}

export const quote = (text: string, max = 400): string => `“${shorten(text, max)}”`

/** A text without the stop at its end, so that a sentence can go on after it. */
export const withoutStop = (text: string): string => text.trim().replace(/\.$/u, '')

export const getPercentText = (share: number): string => `${Math.round(share * 100)} %`

export const getShortId = (id: string): string => id.slice(0, 12)
