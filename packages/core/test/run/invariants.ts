import type { RunPlan } from '../../src/contract/run-plan.ts'
import type { RunEventAt } from '../../src/run/events.ts'
import { foldRun } from '../../src/run/evolve.ts'
import { isTerminalRun, isTerminalTask, type RunState, type Task } from '../../src/run/state.ts'
import type { Workspace } from '../../src/workspace/workspace.ts'

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gu

/** A broken rule, in one sentence. */
class BrokenInvariant extends Error {
  override readonly name = 'BrokenInvariant'
}

const hold = (condition: boolean, rule: () => string): void => {
  if (!condition) throw new BrokenInvariant(rule())
}

const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0)

const checkCounts = ({ run, phases, tasks, questions, reservations }: RunState): void => {
  if (!run) return
  const openTasks = [...tasks.values()].filter(({ status }) => !isTerminalTask(status))
  const openQuestions = [...questions.values()].filter(({ status }) => status === 'open')
  const held = [...reservations.values()].filter(({ status }) => status === 'open')
  for (const of of phases.values()) {
    const here = ({ phase }: { readonly phase: string }) => phase === of.phase
    const open = openTasks.filter(here).length
    hold(of.stageOpen === open, () => `${of.phase}.stageOpen is ${of.stageOpen}, ${open} tasks are open`)
    const asked = openQuestions.filter(here).length
    hold(of.openQuestions === asked, () => `${of.phase} counts ${of.openQuestions} of ${asked} questions`)
    const tokens = sum(held.filter(here).map((reservation) => reservation.tokens))
    hold(of.reservedTokens === tokens, () => `${of.phase} counts ${of.reservedTokens} of ${tokens} tokens`)
    hold(
      of.usage.inputTokens >= 0 && of.usage.costMicros >= 0,
      () => `${of.phase} has used less than nothing`,
    )
  }
  hold(run.openQuestions === openQuestions.length, () => 'the run miscounts its open questions')
  hold(
    run.reservedMicros === sum(held.map(({ micros }) => micros)),
    () => 'the run miscounts what it reserved',
  )
  const charged = sum([...reservations.values()].map(({ chargedMicros }) => chargedMicros))
  hold(run.spentMicros === charged, () => `the run spent ${run.spentMicros}, charged were ${charged}`)
}

const checkMoney = ({ run }: RunState, workspace: Workspace): void => {
  if (!run) return
  const { spentMicros: spent, reservedMicros: reserved, capMicros: cap, closed } = run
  hold(spent + reserved <= cap, () => `spent ${spent} and reserved ${reserved} pass the cap ${cap}`)
  const granted = closed ? spent : cap
  hold(
    workspace.grantedMicros === granted,
    () => `the workspace granted ${workspace.grantedMicros}, not ${granted}`,
  )
  hold(workspace.grantedMicros <= workspace.capMicros, () => 'the workspace granted more than it has')
}

const checkTask = (state: RunState, task: Task): void => {
  const status = state.run?.status
  if (isTerminalTask(task.status)) return
  hold(status !== undefined && !isTerminalRun(status), () => `the run is ${status}, ${task.agent} is open`)
  const phase = state.phases.get(task.phase)
  const works = phase?.status === 'running' || phase?.status === 'gating'
  hold(works, () => `${task.agent} is ${task.status} in a phase that is ${phase?.status}`)
  if (task.status === 'ready')
    hold(status === 'running', () => `${task.agent} is ready, the run is ${status}`)
  if (task.status === 'pending') hold(status === 'paused', () => `${task.agent} waits, the run is ${status}`)
  const failures = sum(
    Object.entries(task.failures).map(([cause, count]) =>
      cause === 'budget' || cause === 'lost' ? 0 : count,
    ),
  )
  hold(failures < task.spec.retry_policy.max_attempts, () => `${task.agent} has had ${failures} failures`)
  hold((task.failures['lost'] ?? 0) < 20, () => `${task.agent} has been lost too often`)
  hold(task.modelCalls <= task.spec.maxModelCalls, () => `${task.agent} passed its ceiling of calls`)
}

const checkPhases = (state: RunState): void => {
  const { run, plan, phases, tasks } = state
  if (!run || !plan) return
  for (const of of phases.values()) {
    const works = of.status === 'running' || of.status === 'gating'
    if (!works || isTerminalRun(run.status)) {
      const rests = of.deadlineAt === null || isTerminalRun(run.status)
      hold(rests, () => `${of.phase} is ${of.status}, its clock runs`)
      continue
    }
    if (run.status === 'planned') continue
    const stands = run.status === 'paused' || (of.openQuestions > 0 && of.stageOpen === 0)
    hold(
      (of.deadlineAt === null) === stands,
      () => `the clock of ${of.phase} is wrong for a run ${run.status}`,
    )
    const moves = of.stageOpen > 0 || of.openQuestions > 0
    hold(moves, () => `${of.phase} is ${of.status} with nothing to wait for`)
  }
  const openTasks = [...tasks.values()].filter(({ status }) => !isTerminalTask(status)).length
  if (run.status === 'awaiting_human')
    hold(run.openQuestions > 0 && openTasks === 0, () => 'the run awaits a person for nothing')
  if (run.status === 'running')
    hold(openTasks > 0 || run.closing, () => 'the run is running with nothing to do')
  if (run.closing || run.status === 'succeeded')
    hold(
      [...phases.values()].every(({ status }) => status === 'passed'),
      () => 'the run closes before all passed',
    )
}

/** Runs side by side have nothing in common but the workspace, which has granted what they hold together. */
export const checkApart = (
  runs: readonly { readonly state: RunState; readonly history: readonly RunEventAt[] }[],
  workspace: Workspace,
): void => {
  const owners = new Map<string, number>()
  for (const [index, { history }] of runs.entries())
    for (const id of JSON.stringify(history).match(UUID) ?? []) {
      const owner = owners.get(id) ?? index
      hold(owner === index, () => `run ${index} names ${id}, which is run ${owner}'s`)
      owners.set(id, owner)
    }
  const granted = sum(
    runs.map(({ state: { run } }) => (run ? (run.closed ? run.spentMicros : run.capMicros) : 0)),
  )
  hold(
    workspace.grantedMicros === granted,
    () => `the workspace granted ${workspace.grantedMicros}, its runs hold ${granted}`,
  )
  hold(workspace.grantedMicros <= workspace.capMicros, () => 'the workspace granted more than it has')
}

/** What holds after every command. Throws, naming the rule, when one does not. */
export const checkState = (state: RunState, workspace?: Workspace): void => {
  checkCounts(state)
  if (workspace) checkMoney(state, workspace)
  checkPhases(state)
  for (const task of state.tasks.values()) checkTask(state, task)
}

const checkUnique = (what: string, values: readonly string[]): void =>
  hold(new Set(values).size === values.length, () => `two ${what} are the same`)

const pick = <T extends RunEventAt['type']>(history: readonly RunEventAt[], type: T) =>
  history.filter((event): event is Extract<RunEventAt, { type: T }> => event.type === type)

const checkOnce = (history: readonly RunEventAt[]): void => {
  const completed = pick(history, 'task.completed').map(({ data }) => data.taskId)
  checkUnique('completions of a task', completed)
  const ended = [...pick(history, 'task.completed'), ...pick(history, 'task.attempt_ended')]
  checkUnique(
    'ends of an attempt',
    ended.map(({ data }) => `${data.taskId}/${data.attempt}`),
  )
  const finals = [
    ...completed,
    ...[...pick(history, 'task.failed'), ...pick(history, 'task.cancelled')].map(({ data }) => data.taskId),
  ]
  checkUnique('ends of a task', finals)
  checkUnique('ids', [
    ...pick(history, 'task.created').map(({ data }) => data.spec.id),
    ...pick(history, 'artifact.created').map(({ data }) => data.artifact.id),
    ...pick(history, 'CLARIFICATION.QUESTION_ASKED').map(({ data }) => data.questionId),
    ...pick(history, 'budget.reserved').map(({ data }) => data.reservationId),
  ])
  checkUnique(
    'task keys',
    pick(history, 'task.created').map(({ data }) => data.spec.idempotenceKey),
  )
  const versions = pick(history, 'artifact.created').map(({ data }) => data.artifact)
  for (const [index, { name, version }] of versions.entries()) {
    const before = versions.slice(0, index).filter((other) => other.name === name).length
    hold(version === before + 1, () => `version ${version} of ${name} comes after ${before} others`)
  }
}

/** What is still put on record of a run that is closed. */
const AFTER_THE_END: readonly RunEventAt['type'][] = ['dossier.published', 'waiver.expired', 'waiver.revoked']

/** A phase begins when all before it has passed; one that has begun may see a phase before it judged again. */
const checkNeeds = (history: readonly RunEventAt[], plan: RunPlan): void => {
  const passed = new Set<string>()
  const hasNeeds = (name: string): boolean =>
    (plan.dependencies[name] ?? []).every((need) => passed.has(need) && hasNeeds(need))
  for (const { type, data } of history) {
    if (type === 'phase.inherited' || (type === 'phase.completed' && data.status === 'success'))
      passed.add(data.phase)
    if (type === 'phase.reopened') passed.delete(data.phase)
    if (type === 'phase.started' && data.round === 1)
      hold(hasNeeds(data.phase), () => `${data.phase} began before all it needs had passed`)
    if (type === 'run.closing')
      hold(passed.size === plan.phases.length, () => 'the run closes before all has passed')
  }
}

const checkOrder = (history: readonly RunEventAt[]): void => {
  hold(history[0]?.type === 'run.planned', () => 'the history does not begin with a plan')
  const known = new Set<string>()
  const gatePassed = new Set<string>()
  for (const [index, event] of history.entries()) {
    const before = history[index - 1]
    hold(before === undefined || before.at <= event.at, () => 'the history goes back in time')
    if (event.type === 'task.created') known.add(event.data.spec.id)
    if (event.type === 'task.completed')
      hold(known.has(event.data.taskId), () => 'a task ends before it began')
    if (event.type === 'phase.gate.passed') gatePassed.add(event.data.phase)
    if (event.type === 'phase.completed' && event.data.status === 'success')
      hold(gatePassed.has(event.data.phase), () => `${event.data.phase} passed without its gate`)
    if (event.type === 'phase.started' || event.type === 'phase.ready' || event.type === 'phase.reopened')
      gatePassed.delete(event.data.phase)
    if (event.type === 'run.succeeded')
      hold(before?.type === 'dossier.published', () => 'the run succeeded without a dossier')
  }
  const closedAt = history.findIndex(({ type }) => type === 'run.closed')
  const after = closedAt === -1 ? [] : history.slice(closedAt + 1)
  hold(
    after.every(({ type }) => AFTER_THE_END.includes(type)),
    () => 'something happened to a closed run',
  )
  for (const { data } of pick(history, 'phase.gate.passed')) {
    const pack = pick(history, 'evidence.packed').find((event) => event.data.pack.id === data.evidencePackId)
    hold(pack !== undefined, () => `the gate of ${data.phase} passed without evidence`)
  }
}

/** Nothing is built upon a question that is still open. */
const checkQuestions = (history: readonly RunEventAt[]): void => {
  const open = new Map<string, string>()
  const asks = (phase: string) => [...open.values()].includes(phase)
  for (const { type, data } of history) {
    if (type === 'CLARIFICATION.QUESTION_ASKED') open.set(data.questionId, data.phase)
    if (type === 'CLARIFICATION.ANSWER_PROVIDED' || type === 'CLARIFICATION.QUESTION_CLOSED')
      open.delete(data.questionId)
    const goesOn = type === 'task.created' && data.spec.kind !== 'guard' && data.stage > 0
    if (goesOn) hold(!asks(data.spec.phase), () => `${data.spec.phase} went on with a question open`)
    if (type === 'phase.gate.passed' || type === 'phase.gate.failed')
      hold(!asks(data.phase), () => `the gate of ${data.phase} spoke with a question open`)
  }
}

/** An autonomous run never has a question open: each is decided in the events right after it. */
const checkNobodyAsked = (history: readonly RunEventAt[]): void => {
  for (const [index, { type, data }] of history.entries()) {
    if (type !== 'CLARIFICATION.QUESTION_ASKED') continue
    const next = history[index + 1]
    hold(
      next?.type === 'CLARIFICATION.ANSWER_PROVIDED' && next.data.questionId === data.questionId,
      () => `an autonomous run left ${data.questionId} open`,
    )
  }
}

/** The rubrics that a gate was let off, by waivers that are in force at that moment. */
const listWaived = (history: readonly RunEventAt[], packId: string): Set<string> => {
  const active = new Set<string>()
  for (const { type, data } of history) {
    if (type === 'waiver.activated') active.add(data.waiverId)
    if (type === 'waiver.expired' || type === 'waiver.revoked') active.delete(data.waiverId)
    if (type !== 'evidence.packed' || data.pack.id !== packId) continue
    for (const { waiverId, rubric } of data.pack.waivers)
      hold(
        active.has(waiverId),
        () => `${data.pack.phase} leant on a waiver of ${rubric} that is not in force`,
      )
    return new Set(data.pack.waivers.map(({ rubric }) => rubric))
  }
  return new Set()
}

/** In a run that waits for people nothing passes an approval point without a person's word since its gate passed. */
const checkApprovals = (history: readonly RunEventAt[], plan: RunPlan): void => {
  const approved = new Set<string>()
  const approvals = new Set<string>()
  for (const { type, data } of history) {
    if (type === 'CLARIFICATION.QUESTION_ASKED' && data.kind === 'approval') approvals.add(data.questionId)
    if (type === 'CLARIFICATION.ANSWER_PROVIDED' && approvals.has(data.questionId)) {
      hold(data.decidedKind === 'person', () => `${data.phase} was approved by ${data.decidedKind}`)
      if (data.answer === 'approve') approved.add(data.phase)
    }
    if (type === 'phase.gate.passed' || type === 'phase.reopened') approved.delete(data.phase)
    const of = type === 'phase.completed' && data.status === 'success' ? data.phase : undefined
    const { definition } = plan.phases.find(({ phase }) => phase === of) ?? {}
    if (of !== undefined && definition?.approval)
      hold(approved.has(of), () => `${of} passed without approval`)
  }
}

/** No gate passes what its playbook says it must not. */
const checkGates = (history: readonly RunEventAt[], plan: RunPlan): void => {
  let reports: Extract<RunEventAt, { type: 'guard.reported' }>['data'][] = []
  for (const { type, data } of history) {
    if (type === 'phase.ready') reports = reports.filter(({ phase }) => phase !== data.phase)
    if (type === 'guard.reported') reports.push(data)
    if (type !== 'phase.gate.passed') continue
    const definition = plan.phases.find(({ phase }) => phase === data.phase)?.definition
    if (!definition) continue
    const own = reports.filter(({ phase }) => phase === data.phase).map(({ report }) => report)
    hold(data.score >= definition.gate.pass, () => `${data.phase} passed with ${data.score}`)
    const waived = listWaived(history, data.evidencePackId)
    hold(own.length === definition.guards.length, () => `${data.phase} passed with ${own.length} reports`)
    for (const { outcome, severity, type: rubric, score } of own) {
      const isCritical = outcome === 'fail' && severity === 'critical'
      hold(!isCritical, () => `${data.phase} passed with a critical failure`)
      const mark = definition.rubrics[rubric]
      const isWaived = waived.has(rubric)
      hold(!isWaived || mark?.waivable === true, () => `${data.phase} was let off ${rubric}`)
      if (isWaived) continue
      const ran = mark?.optional === true || outcome === 'pass' || outcome === 'fail'
      hold(ran, () => `${data.phase} passed with a check that ended as ${outcome}`)
      const alone = own.filter((report) => report.type === rubric).length === 1
      hold(!alone || score >= (mark?.min ?? 0), () => `${data.phase} passed with ${rubric} at ${score}`)
    }
  }
}

/** A state without what is no history: claims, and `running`, which folds as `ready`. */
const withoutClaims = (state: RunState): RunState => {
  const rest = { claimedBy: null, claimedAt: null, leaseUntil: null, heartbeatAt: null }
  const clean = (task: Task): Task =>
    task.status === 'running'
      ? { ...task, ...rest, status: 'ready', attempt: 0 }
      : { ...task, attempt: isTerminalTask(task.status) ? task.attempt : 0 }
  return { ...state, tasks: new Map([...state.tasks].map(([id, task]) => [id, clean(task)])) }
}

/** Whether the folded history is the state, claims aside. */
export const checkFold = (
  history: readonly RunEventAt[],
  state: RunState,
  isEqual: (a: unknown, b: unknown) => boolean,
): void => {
  const folded = withoutClaims(foldRun(history, state.plan))
  hold(isEqual(folded, withoutClaims(state)), () => 'the folded history is not the state')
}

/** What holds of a whole history. */
export const checkHistory = (history: readonly RunEventAt[], plan: RunPlan): void => {
  checkOnce(history)
  checkOrder(history)
  checkNeeds(history, plan)
  checkQuestions(history)
  checkGates(history, plan)
  if (plan.policies.clarification === 'human') checkApprovals(history, plan)
  if (plan.policies.clarification === 'autonomous') checkNobodyAsked(history)
}

/** Why a run may rest: it has ended, or it waits for something that has a name. */
export const checkRest = ({ run }: RunState): void => {
  const status = run?.status ?? 'planned'
  const isNamed =
    status === 'planned' || status === 'awaiting_human' || (status === 'paused' && run?.pauseReason !== null)
  hold(isTerminalRun(status) || isNamed, () => `the run rests as ${status} without a reason`)
}
