import { writeFileSync } from 'node:fs'
import path from 'node:path'
import type { ItemView } from '@ropewalk/core/contract/api/items'
import type { ProjectSummary } from '@ropewalk/core/contract/api/projects'
import { hasCode } from '@ropewalk/core/errors'
import { getShortId } from '@ropewalk/core/short-id'
import { listAll, type Api } from '../api.ts'
import { resolveProjectId } from '../backlog-ref.ts'
import { readParameters } from '../parameters.ts'
import { layOutProject, layOutProjects } from '../project-text.ts'
import type { CommonFlags } from '../settings.ts'
import { clean, type Terminal } from '../terminal.ts'
import { EXIT, makeTrouble, withNext } from '../trouble.ts'
import { withApi } from '../with-api.ts'

const PAGE = 200

const SEE_ALL = 'See what there is: ./ropewalk project list'
const seeProject = (projectId: string): string =>
  `See how it stands: ./ropewalk project status ${getShortId(projectId)}`

export type ProjectListFlags = CommonFlags & {
  readonly status?: string
  readonly limit: number
  readonly all?: boolean
}

/** Projects, the newest first. */
export const list = (terminal: Terminal, flags: ProjectListFlags): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const projects: ProjectSummary[] = []
    const limit = Math.min(flags.limit, PAGE)
    for await (const project of listAll((cursor) =>
      api.listProjects({ limit, cursor, status: flags.status }),
    )) {
      projects.push(project)
      if (flags.all !== true && projects.length >= flags.limit) break
    }
    if (flags.json === true) terminal.out(JSON.stringify({ items: projects }))
    else if (projects.length === 0)
      terminal.say('There are no projects. Start one: ./ropewalk project start "…" --file data.csv')
    else terminal.out(layOutProjects(projects, terminal.stdout.columns))
    return EXIT.ok
  })

const listLeaves = async (api: Api, project: string, status: string): Promise<ItemView[]> =>
  (await api.listAllItems({ project, status, limit: 50 })).items.filter(
    ({ children }) => Object.keys(children).length === 0,
  )

/** How a project stands: how far it is, who works on what, and what waits for whom. */
export const status = (terminal: Terminal, reference: string, flags: CommonFlags): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const projectId = await resolveProjectId(api, reference)
    const project = await withNext(SEE_ALL, () => api.readProject(projectId))
    const [atWork, inReview, blocked, failed, ready] = await Promise.all(
      (['in_progress', 'in_review', 'blocked', 'failed', 'ready'] as const).map((of) =>
        listLeaves(api, projectId, of),
      ),
    )
    const standing = {
      atWork: [...(atWork ?? []), ...(inReview ?? [])],
      blocked: blocked ?? [],
      failed: failed ?? [],
      ready: ready ?? [],
    }
    terminal.out(
      flags.json === true
        ? JSON.stringify({ ...project, ...standing })
        : layOutProject({ paint: terminal.paintOut, columns: terminal.stdout.columns }, project, standing),
    )
    return EXIT.ok
  })

export type ReportFlags = CommonFlags & { readonly markdown?: boolean; readonly out?: string }

/** The final report as Markdown, or with --json whole; `--out` writes it to a file. */
export const report = (terminal: Terminal, reference: string, flags: ReportFlags): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const projectId = await resolveProjectId(api, reference)
    const found = await readReport(api, projectId)
    // Both forms were asked for: the text is a part of the document.
    const text = flags.json === true ? JSON.stringify(found) : clean(found.markdown)
    if (flags.out === undefined) {
      terminal.out(text)
      return EXIT.ok
    }
    const file = path.resolve(terminal.cwd, flags.out)
    try {
      writeFileSync(file, `${text}\n`, { flag: 'wx' })
    } catch (cause) {
      throw makeTrouble({
        code: 'INVALID_ARGUMENT',
        what: `cannot write ${flags.out}`,
        why: cause instanceof Error ? cause.message : String(cause),
        next: 'Name a file that does not exist yet, in a folder that does.',
        cause,
      })
    }
    terminal.say(`Written to ${file}`)
    return EXIT.ok
  })

const readReport = async (api: Api, projectId: string) => {
  try {
    return await api.readReport(projectId)
  } catch (error) {
    if (!hasCode(error, 'NOT_FOUND') && !hasCode(error, 'CONFLICT')) throw error
    const project = await withNext(SEE_ALL, () => api.readProject(projectId))
    throw makeTrouble({
      code: 'NOT_FOUND',
      what: 'there is no report yet',
      why: `the project is ${project.status.replace('_', ' ')}; ${project.doneItems} of ${project.totalItems} items are done`,
      next: `./ropewalk project status ${getShortId(projectId)}`,
      exit: EXIT.failure,
      cause: error,
    })
  }
}

const SIGNAL_WORDS = { pause: 'paused', cancel: 'cancelled' } as const

/** Pauses or cancels a project. */
export const signal = (
  terminal: Terminal,
  of: { readonly signal: keyof typeof SIGNAL_WORDS; readonly reference: string },
  flags: CommonFlags,
): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const projectId = await resolveProjectId(api, of.reference)
    const answer = await withNext(seeProject(projectId), () =>
      api.changeProject(projectId, { signal: of.signal }),
    )
    if (flags.json === true) terminal.out(JSON.stringify({ ...answer, projectId }))
    else terminal.say(`${SIGNAL_WORDS[of.signal]}: ${projectId}`)
    return EXIT.ok
  })

/** Sets parameters of a project; open questions that ask for nothing else are answered by that. */
export const setParameters = async (
  terminal: Terminal,
  of: { readonly reference: string; readonly pairs: readonly string[] },
  flags: CommonFlags,
): Promise<number> => {
  const parameters = readParameters(of.pairs)
  return withApi(terminal, flags, async (api, _config, isOwn) => {
    const projectId = await resolveProjectId(api, of.reference)
    const answer = await withNext(seeProject(projectId), () => api.changeProject(projectId, { parameters }))
    const answered = Array.isArray(answer['answered']) ? answer['answered'].length : 0
    const stale = Array.isArray(answer['stale']) ? answer['stale'].length : 0
    if (flags.json === true) terminal.out(JSON.stringify({ ...answer, projectId }))
    else {
      terminal.say(`set ${Object.keys(parameters).join(', ')}: ${projectId}`)
      if (answered > 0)
        terminal.say(`${answered} open question${answered === 1 ? ' is' : 's are'} answered by that.`)
      if (stale > 0)
        terminal.say(`${stale} item${stale === 1 ? ' was' : 's were'} begun or done with what held before.`)
      if (isOwn)
        terminal.say(`No server is running; go on with: ./ropewalk project resume ${getShortId(projectId)}`)
    }
    return EXIT.ok
  })
}

/** Backlog templates that a project may start from. */
export const templates = (terminal: Terminal, flags: CommonFlags): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const found = await api.listTemplates()
    if (flags.json === true) terminal.out(JSON.stringify(found))
    else
      for (const { template, title, items, parameters } of found.items)
        terminal.out(
          `${template}  ${clean(title)} (${items} items${parameters.length === 0 ? '' : `; parameters ${parameters.join(', ')}`})`,
        )
    return EXIT.ok
  })
