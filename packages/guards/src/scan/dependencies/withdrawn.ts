/**
 * Releases that their makers or the registry withdrew because they carried hostile code. A short list of widely
 * reported cases, no replacement for an advisory database. `*`: every release.
 */
const WITHDRAWN: Readonly<Record<string, readonly string[]>> = {
  'ansi-regex': ['6.2.1'],
  'ansi-styles': ['6.2.2'],
  chalk: ['5.6.1'],
  coa: ['2.0.3', '2.0.4', '2.1.1', '2.1.3', '3.0.1', '3.1.3'],
  'color-convert': ['3.1.1'],
  'color-name': ['2.0.1'],
  colors: ['1.4.1', '1.4.2', '1.4.44-liberty-2'],
  crossenv: ['*'],
  debug: ['4.4.2'],
  'eslint-config-eslint': ['5.0.2'],
  'eslint-scope': ['3.7.2'],
  'event-stream': ['3.3.6'],
  'flatmap-stream': ['*'],
  'is-arrayish': ['0.3.3'],
  'node-ipc': ['10.1.1', '10.1.2'],
  rc: ['1.2.9', '1.3.9', '2.3.9'],
  'strip-ansi': ['7.1.1'],
  'ua-parser-js': ['0.7.29', '0.8.0', '1.0.0'],
  'wrap-ansi': ['9.0.1'],
}

/** Whether this release is known to have carried hostile code. */
export const isWithdrawn = (name: string, version: string): boolean => {
  const versions = Object.hasOwn(WITHDRAWN, name) ? (WITHDRAWN[name] ?? []) : []
  return versions.includes('*') || versions.includes(version)
}
