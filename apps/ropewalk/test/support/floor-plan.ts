import type { Import } from './read-imports.ts'

/** The floors of apps/ropewalk/src by the first name of the path: docs/architecture.md draws the same picture. */
const LEVELS: Readonly<Record<string, number>> = {
  'main.ts': 4,
  cli: 4,
  http: 3,
  mcp: 3,
  bus: 3,
  worker: 3,
  supervisor: 3,
  timers: 3,
  engine: 2,
  store: 1,
  repo: 1,
  ingest: 1,
  telemetry: 1,
  secrets: 1,
  notify: 1,
  settings: 0,
  'config.ts': 1,
  'log.ts': 1,
}

const APP = 'apps/ropewalk/src/'

/** What core may load: it decides and never reads or writes, so of Node only what computes. */
const CORE_MAY_LOAD = new Set(['zod', 'node:crypto', 'node:util', 'node:buffer'])

/** Imports that break the floor plan, each as a sentence. */
export function findFloorViolations(files: readonly string[], imports: readonly Import[]): readonly string[] {
  const lost = files
    .filter((file) => file.startsWith(APP) && LEVELS[getRoom(file)] === undefined)
    .map((file) => `${file} stands on no floor: put it in a folder of the floor plan`)
  return [...lost, ...imports.flatMap(judge)]
}

function judge(each: Import): string[] {
  const wrong = (why: string) => [`${each.from} imports ${each.to}: ${why}`]
  const home = getHome(each.from)
  if (!each.isOurs) {
    const isFree = home !== 'packages/core' || CORE_MAY_LOAD.has(each.to) || each.kind === 'type'
    return isFree ? [] : wrong('core has no input or output and few dependencies')
  }
  const target = getHome(each.to)
  if (home === target) return home === 'apps/ropewalk' ? judgeFloors(each, wrong) : []
  if (home === 'packages/core') return wrong('core depends on nothing else of ours')
  if (target === 'packages/core') return []
  if (home === 'packages/guards') return wrong('guards depend on core alone')
  return target === 'packages/guards' ? [] : wrong('apps are not imported')
}

function judgeFloors(each: Import, wrong: (why: string) => string[]): string[] {
  const from = getRoom(each.from)
  const to = getRoom(each.to)
  const [above, below] = [LEVELS[from], LEVELS[to]]
  if (above === undefined || below === undefined || from === to) return []
  if (above < below) return wrong('imports go down, never up')
  if (above > below || from === 'main.ts') return []
  return wrong('rooms on one floor never import each other')
}

/** The package or app a file belongs to, by its first two names. */
function getHome(file: string): string {
  return file.split('/').slice(0, 2).join('/')
}

function getRoom(file: string): string {
  return file.slice(APP.length).split('/')[0] ?? ''
}

/** Groups of files that load each other in a circle, each as a path back to its start. Types and lazy imports may. */
export function findImportCycles(imports: readonly Import[]): readonly string[] {
  const next = new Map<string, string[]>()
  for (const each of imports) {
    if (each.isOurs && each.kind === 'value') next.set(each.from, [...(next.get(each.from) ?? []), each.to])
  }
  const cycles: string[] = []
  const done = new Set<string>()
  const visit = (file: string, trail: readonly string[]): void => {
    const at = trail.indexOf(file)
    if (at >= 0) cycles.push([...trail.slice(at), file].join(' → '))
    if (at >= 0 || done.has(file)) return
    for (const to of next.get(file) ?? []) visit(to, [...trail, file])
    done.add(file)
  }
  for (const file of next.keys()) visit(file, [])
  return cycles
}
