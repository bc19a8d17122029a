import { expect } from 'vitest'
import { type Accepted, addMs, type Principal, type Refused } from '../../src/decision.ts'
import type { ItemDraft } from '../../src/contract/item.ts'
import { ItemDraft as Draft } from '../../src/contract/item.ts'
import { ProjectQuestionDraft } from '../../src/contract/project-question.ts'
import { sha256 } from '../../src/canonical.ts'
import { DeliverableId, ItemId, ProjectId, WorkspaceId } from '../../src/ids.ts'
import { ProjectCommand, type ProjectCommandOf } from '../../src/project/commands.ts'
import { decideProject } from '../../src/project/decide.ts'
import {
  ProjectEvent,
  type ProjectEventAt,
  type ProjectEventOf,
  type ProjectEventType,
} from '../../src/project/events.ts'
import {
  type Item,
  makeEmptyProjectState,
  type Project,
  type ProjectQuestion,
  type ProjectState,
  type WorkTask,
} from '../../src/project/state.ts'
import { isTerminalTask } from '../../src/run/state.ts'

export const PROJECT = ProjectId.parse('00000000-0000-7000-8000-0000000000aa')
export const WORKSPACE = WorkspaceId.parse('default')
export const onProject = { workspaceId: WORKSPACE, projectId: PROJECT }
export const ANNA: Principal = { kind: 'person', id: 'anna' }
export const BERT: Principal = { kind: 'person', id: 'bert' }
export const ENGINE: Principal = { kind: 'engine', id: 'engine' }
export const NOWHERE = ItemId.parse('00000000-0000-7000-8000-00000000dead')
export const worker = { worker: 'w1', claimedAt: null, tool: 'python', toolVersion: '3' }

type DraftInput = Partial<Parameters<typeof Draft.parse>[0] & object> & Record<string, unknown>

/** A task that a worker with capability `work` can do, unless said otherwise. */
export const draft = (key: string, rest: DraftInput = {}): ItemDraft =>
  Draft.parse({ key, kind: 'task', title: key.toUpperCase(), capability: 'work', ...rest })

export const asked = (field: string, rest: Record<string, unknown> = {}): ProjectQuestionDraft =>
  ProjectQuestionDraft.parse({
    text: `What is ${field}?`,
    fields: [field],
    form: {
      type: 'object',
      properties: { [field]: { type: 'number', minimum: 0, maximum: 100 } },
      required: [field],
      additionalProperties: false,
    },
    defaultAnswer: 'twenty',
    defaultValues: { [field]: 20 },
    impact: 'Figures change.',
    risk: 'high',
    policy: 'wait',
    ...rest,
  })

export const deliverable = (name = 'result') => ({
  name,
  type: 'Result',
  digest: sha256(name),
  mediaType: 'application/json',
  bytes: 10,
  confidence: 0.8,
  simulated: false,
})
export const evidence = [
  { kind: 'computation' as const, statement: 'It was added up.', exitCode: null, digest: null },
]
export const check = (outcome: 'pass' | 'fail', validator = 'sums') => ({
  validator,
  outcome,
  reasons: outcome === 'fail' ? ['the sums differ'] : [],
})

export type Given = ReturnType<typeof given>

/** A project whose commands are decided one after another; time passes by a second each. */
export const given = () => {
  let state: ProjectState = makeEmptyProjectState()
  let now = '2026-01-01T00:00:00.000Z'
  let commands = 0
  let keys: Readonly<Record<string, string>> = {}
  const history: ProjectEventAt[] = []
  const expectFound = <T>(of: T | undefined): T => {
    if (of === undefined) throw new Error('The test names something that is not there.')
    return of
  }
  const when = (
    input: Record<string, unknown>,
    by: Principal = ANNA,
  ): Accepted<ProjectEvent, ProjectState> | Refused => {
    commands += 1
    now = addMs(now, 1000)
    const command: ProjectCommand = ProjectCommand.parse({ ...onProject, ...input })
    const decision = decideProject(state, command, { at: now, seed: `seed-${commands}`, by })
    if (decision.type === 'refused') return decision
    for (const event of decision.events) expect(ProjectEvent.parse(event)).toEqual(event)
    history.push(...decision.events.map((event) => ({ ...event, at: now })))
    state = decision.state
    const named = decision.answer['keys']
    if (typeof named === 'object' && named !== null) keys = { ...keys, ...(named as Record<string, string>) }
    return decision
  }
  const accept = (
    input: Record<string, unknown>,
    by: Principal = ANNA,
  ): Accepted<ProjectEvent, ProjectState> => {
    const decision = when(input, by)
    if (decision.type === 'refused') throw new Error(`${decision.code}: ${decision.message}`)
    return decision
  }
  const refuse = (input: Record<string, unknown>, by: Principal = ANNA): Refused => {
    const decision = when(input, by)
    if (decision.type === 'accepted') throw new Error('It was not refused.')
    return decision
  }
  const id = (key: string): string => keys[key] ?? key
  const item = (key: string): Item => expectFound(state.items.get(id(key)))
  const openTasks = (key: string): readonly WorkTask[] =>
    [...state.tasks.values()].filter((task) => task.itemId === id(key) && !isTerminalTask(task.status))
  const task = (key: string): WorkTask => expectFound(openTasks(key)[0])
  const patchTask = (of: WorkTask, patch: Partial<WorkTask>) => {
    state = { ...state, tasks: new Map(state.tasks).set(of.id, { ...of, ...patch }) }
  }
  return {
    history,
    when,
    accept,
    refuse,
    id,
    item,
    openTasks,
    task,
    get state() {
      return state
    },
    get project(): Project {
      return expectFound(state.project)
    },
    at: () => now,
    wait: (ms: number) => {
      now = addMs(now, ms)
    },
    status: (...names: readonly string[]) => names.map((key) => item(key).status),
    types: (from = 0) => history.slice(from).map(({ type }) => type),
    of: <T extends ProjectEventType>(type: T) =>
      history
        .filter((event): event is ProjectEventAt & ProjectEventOf<T> => event.type === type)
        .map(({ data }) => data as ProjectEventOf<T>['data']),
    questions: (): readonly ProjectQuestion[] => [...state.questions.values()],
    openQuestions: () => [...state.questions.values()].filter(({ status }) => status === 'open'),
    start: (items: readonly ItemDraft[], rest: Partial<ProjectCommandOf<'StartProject'>> = {}) =>
      accept({
        type: 'StartProject',
        name: 'Test',
        request: 'Do it.',
        mode: 'hybrid',
        template: null,
        templateHash: null,
        parameters: {},
        uploads: [],
        items,
        hits: [],
        questions: [],
        questionDeadlineMs: 60_000,
        ...rest,
      }),
    dispatch: (key: string, batches: readonly { from: number; to: number }[] | null = null) =>
      accept({ type: 'DispatchItems', items: [{ itemId: id(key), capability: 'work', batches }] }, ENGINE),
    /** What the store does when a worker claims: outside of the history. */
    claim: (of: WorkTask, by = 'w1') => {
      const claimed = { claimedBy: by, claimedAt: now, leaseUntil: addMs(now, 30_000), heartbeatAt: now }
      patchTask(of, { status: 'running', attempt: of.attempt + 1, ...claimed })
      return { taskId: of.id, attempt: of.attempt + 1 }
    },
    complete: (
      of: { readonly taskId: string; readonly attempt: number },
      rest: Record<string, unknown> = {},
    ) => ({
      type: 'CompleteWork',
      ...worker,
      ...of,
      deliverables: [deliverable()],
      evidence,
      checks: [],
      ...rest,
    }),
    /** Gives an item out, has it claimed and begun, and gives back the attempt. */
    begin(key: string) {
      this.dispatch(key)
      const attempt = this.claim(task(key))
      accept({ type: 'StartWork', ...attempt, worker: 'w1', leaseMs: null }, ENGINE)
      return attempt
    },
    /** Takes an item all the way to a result. */
    finish(key: string, rest: Record<string, unknown> = {}) {
      return accept(this.complete(this.begin(key), rest), ENGINE)
    },
    report: () => ({
      type: 'PublishReport',
      deliverableId: DeliverableId.parse('00000000-0000-7000-8000-0000000000bb'),
      digest: sha256('report'),
      bytes: 1,
      totals: { hours: 3 },
    }),
  }
}
