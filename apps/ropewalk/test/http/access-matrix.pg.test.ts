import { OPERATIONS } from '@ropewalk/core/access/operations'
import { PERMISSIONS } from '@ropewalk/core/access/permissions'
import type { Role } from '@ropewalk/core/access/roles'
import { WorkspaceId } from '@ropewalk/core/ids'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createWorkspace } from '../../src/store/create-workspace.ts'
import {
  makeBadTokens,
  makeCallers,
  SEEDER,
  signOperator,
  type MatrixCaller,
} from './support/matrix/callers.ts'
import { hasPlaces, listOperations, makeRequest, send, type Described } from './support/matrix/requests.ts'
import { PLACES, SAMPLES, type Sample } from './support/matrix/samples.ts'
import { seed, type Ids, type Seeded } from './support/matrix/seed.ts'
import { startApi, type Answered, type TestApi } from './support/start-api.ts'

/** Not in the description: one describes itself, the other speaks a protocol of its own, with tests of its own. */
const NOT_DESCRIBED = ['mcp', 'readDescription']

let api: TestApi
let operations: readonly Described[]
let callers: readonly MatrixCaller[]
const seeded = new Map<string, Seeded>()

beforeAll(async () => {
  api = await startApi({}, { tokenRequestsPerSecond: 100_000 })
  await createWorkspace(api.engine.store, { id: WorkspaceId.parse('other'), capMicros: 1_000_000 })
  operations = await listOperations(api)
  for (const workspace of ['default', 'other']) {
    const token = await signOperator(api, { workspace })
    seeded.set(workspace, await seed(api, { workspace, agent: SEEDER, token }))
  }
  callers = await makeCallers(api, getSeeded('default').taskToken)
}, 60_000)
afterAll(async () => {
  await api.stop()
})

const getSeeded = (workspace: string): Seeded => {
  const found = seeded.get(workspace)
  if (found === undefined) throw new Error(`Nothing was made in ${workspace}.`)
  return found
}

const MISSING = Object.fromEntries(
  PLACES.map((place, index) => [place, `01890000-0000-7000-8000-0000000000${String(index + 10)}`]),
) as Ids

/** What the tables say of one cell, worked out apart from the code that decides it. */
const expectCell = (name: string, caller: MatrixCaller): 'open' | 'refused' => {
  const facts = OPERATIONS[name]
  if (facts === undefined) throw new Error(`${name} has no row in OPERATIONS.`)
  if (facts === 'public') return 'open'
  if (caller.kind === 'task') return facts.byTask === 'no' ? 'refused' : 'open'
  if (facts.byTask === 'only') return 'refused'
  if (facts.permission === null) return 'open'
  const { roles }: { readonly roles: readonly Role[] } = PERMISSIONS[facts.permission]
  const isInScope = caller.scopes === null || caller.scopes.includes(facts.permission)
  return roles.includes(caller.role) && isInScope ? 'open' : 'refused'
}

/** Whether it is out of this caller's reach, so that it answers as what is not there. */
const isOutOfReach = ({ reach }: Sample, { kind, role, isInThread }: MatrixCaller): boolean => {
  if (reach === 'thread') return role === 'participant' && !isInThread
  if (reach === 'member') return !isInThread
  return reach === 'holder' && kind !== 'task'
}

const getCode = ({ json }: Answered): unknown => (json as { code?: unknown } | undefined)?.code

const isRefused = (answered: Answered): boolean =>
  answered.status === 401 || (answered.status === 403 && getCode(answered) === 'FORBIDDEN')

/** What differs between two answers by chance, or because it names the id that was asked for. */
const normalise = ({ status, text }: Answered, ids: Ids): string => {
  const plain = text
    .replaceAll(/"(request_id|occurred_at)":"[^"]*"/gu, '"$1":""')
    .replaceAll(/request id [0-9a-f-]{36}/gu, '')
  return `${status} ${PLACES.reduce((done, place) => done.replaceAll(encodeURIComponent(ids[place]), place).replaceAll(ids[place], place), plain)}`
}

/** The token of a task is good for that task alone: work of items has another one. */
const getToken = (caller: MatrixCaller, sample: Sample): string =>
  caller.kind === 'task' && sample.in?.[0] === 'WORK' ? getSeeded('default').workToken : caller.token

/** What is wrong with one cell; empty where nothing is. */
const judgeOwn = (
  operation: Described,
  sample: Sample,
  caller: MatrixCaller,
  answered: Answered,
): string[] => {
  const cell = `${operation.name} × ${caller.label} × own`
  const said = `${answered.status} ${answered.text.slice(0, 300)}`
  if (answered.status >= 500) return [`${cell}: ${said}`]
  const special = sample.own?.[caller.label]
  if (special !== undefined)
    return answered.status === special ? [] : [`${cell}: expected ${special}, got ${said}`]
  if (expectCell(operation.name, caller) === 'refused')
    return answered.status === 403 && isRefused(answered) ? [] : [`${cell}: expected a refusal, got ${said}`]
  if (isOutOfReach(sample, caller))
    return answered.status === 404 ? [] : [`${cell}: expected 404, got ${said}`]
  if (isRefused(answered)) return [`${cell}: refused, ${said}`]
  if (answered.status === 404 && sample.mayLack !== true) return [`${cell}: ${said}`]
  const isRead = operation.method === 'GET' && sample.mayLack !== true
  return isRead && answered.status !== 200 ? [`${cell}: expected 200, got ${said}`] : []
}

const judgeOthers = async (operation: Described, sample: Sample, caller: MatrixCaller): Promise<string[]> => {
  const token = getToken(caller, sample)
  const ask = async (ids: Ids) =>
    normalise(await send(api, makeRequest(operation, sample, ids, caller.agent), token), ids)
  // One after the other: what the first left behind must not show in the second.
  const [of, none] = [
    await ask({ ...getSeeded('other').ids, AGENT: 'stranger' }),
    await ask({ ...MISSING, AGENT: 'nobody' }),
  ]
  const cell = `${operation.name} × ${caller.label}`
  if (of !== none) return [`${cell}: foreign and missing differ:\n  ${of}\n  ${none}`]
  const isOpen = expectCell(operation.name, caller) === 'open'
  const allowed = caller.kind === 'task' ? /^(403|404|409) / : isOpen ? /^404 / : /^403 /
  return allowed.test(of) ? [] : [`${cell} × foreign: ${of}`]
}

/** All callers at once: nothing that one of them does here changes what another may. */
const judge = async (operation: Described): Promise<string[]> => {
  const sample = SAMPLES[operation.name]
  if (sample === undefined) return [`${operation.name} has no sample: add one to support/matrix/samples.ts`]
  const { ids } = getSeeded('default')
  const ofOwn = callers.map(async (caller) => {
    const request = makeRequest(operation, sample, ids, caller.agent)
    return judgeOwn(operation, sample, caller, await send(api, request, getToken(caller, sample)))
  })
  const wrong = (await Promise.all(ofOwn)).flat()
  if (!hasPlaces(sample) || OPERATIONS[operation.name] === 'public') return wrong
  const ofOthers = callers.map((caller) => judgeOthers(operation, sample, caller))
  return [...wrong, ...(await Promise.all(ofOthers)).flat()]
}

test('every operation is described, and every one described has a sample here', () => {
  const described = operations.map(({ name }) => name)
  expect([...described, ...NOT_DESCRIBED].toSorted()).toEqual(Object.keys(OPERATIONS).toSorted())
  expect(described.toSorted()).toEqual(Object.keys(SAMPLES).toSorted())
})

test('nothing but what is public is answered without a token that is good here', async () => {
  const tokens = await makeBadTokens(api)
  const judgeToken = async (operation: Described, label: string, token: string | null) => {
    const request = makeRequest(operation, SAMPLES[operation.name] ?? {}, getSeeded('default').ids, SEEDER)
    const { status } = await send(api, request, token)
    const isPublic = OPERATIONS[operation.name] === 'public'
    return (isPublic ? status < 400 : status === 401) ? [] : [`${operation.name} × ${label}: ${status}`]
  }
  const wrong: string[] = []
  for (const operation of operations) {
    const judged = tokens.map(([label, token]) => judgeToken(operation, label, token))
    wrong.push(...(await Promise.all(judged)).flat())
  }
  expect(wrong).toEqual([])
}, 60_000)

test('the matrix of operations, callers and ids has no wrong cell', async () => {
  const wrong: string[] = []
  for (const operation of operations) wrong.push(...(await judge(operation)))
  expect(wrong).toEqual([])
}, 60_000)
