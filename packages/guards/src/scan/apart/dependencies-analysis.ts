import { readLock } from '../dependencies/read-lock.ts'
import { readManifest } from '../dependencies/read-manifest.ts'
import type { Analysis } from './analysis.ts'

/** What a package.json or lock file says of dependencies, as data; what to think of it is for the scanner. */
export const analyse: Analysis = ({ name, text }) => ({
  findings: [],
  data: name.endsWith('package.json') ? readManifest(text) : readLock(name, text),
})
