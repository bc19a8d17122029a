import { hasFeature, type FeatureName } from '../../design.ts'
import { findTextField } from './samples.ts'
import { writeTest, type WriteTest } from './record-tests.ts'

const status: WriteTest = ({ design: { noun, steps } }, ids) => {
  const [first = '', second = ''] = steps
  return writeTest(
    `${ids} leads ${noun.many} through ${steps.join(', ')} and skips no step`,
    `  const steps = [${steps.map((step) => `'${step}'`).join(', ')}]
  const { id, status } = await service.store(sample(1))
  assert.equal(status, '${first}')
  const move = (to) => service.call('POST', '/${noun.path}/' + id + '/status', { status: to })
  for (const wrong of steps.filter((step) => step !== '${second}')) assert.equal((await move(wrong)).status, 409, wrong)
  assert.equal((await service.call('GET', '/${noun.path}/' + id)).json.status, '${first}')
  for (const step of steps.slice(1)) {
    const moved = await move(step)
    assert.equal(moved.status, 200, step)
    assert.equal(moved.json.status, step)
  }
  assert.equal((await move('${first}')).status, 409)
  assert.equal((await move('elsewhere')).status, 400)
  assert.equal((await service.call('GET', '/${noun.path}/' + id)).json.status, steps.at(-1))`,
  )
}

const overdue: WriteTest = ({ design }, ids) => {
  const { noun, steps } = design
  const ended = `  for (const status of [${steps
    .slice(1)
    .map((step) => `'${step}'`)
    .join(', ')}]) {
    await service.call('POST', '/${noun.path}/' + early.id + '/status', { status })
  }
  assert.deepEqual((await service.call('GET', '/${noun.path}/overdue?on=2026-03-02')).json.items, [])
`
  return writeTest(
    `${ids} lists the ${noun.many} whose due date is over on a day`,
    `  const early = await service.store(sample(1, { due: '2026-03-01' }))
  await service.store(sample(2, { due: '2026-03-02' }))
  const answer = await service.call('GET', '/${noun.path}/overdue?on=2026-03-02')
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.json.items, [early])
${hasFeature(design, 'status') ? ended : ''}  assert.equal((await service.call('GET', '/${noun.path}/overdue?on=2026-02-30')).status, 400)
  assert.match((await service.call('GET', '/${noun.path}/overdue')).json.on, /^\\d{4}-\\d{2}-\\d{2}$/)`,
  )
}

const total: WriteTest = ({ design }, ids) => {
  const { noun, steps } = design
  const byStep = `  await service.call('POST', '/${noun.path}/' + last.id + '/status', { status: '${steps[1] ?? ''}' })
  const split = await service.call('GET', '/${noun.path}/total')
  assert.equal(split.json.steps['${steps[0] ?? ''}'], 10.1)
  assert.equal(split.json.steps['${steps[1] ?? ''}'], 20.2)`
  return writeTest(
    `${ids} adds up the amounts of all ${noun.many}`,
    `  await service.store(sample(1, { amount: 10.1 }))
  ${hasFeature(design, 'status') ? 'const last = ' : ''}await service.store(sample(2, { amount: 20.2 }))
  const answer = await service.call('GET', '/${noun.path}/total')
  assert.equal(answer.status, 200)
  assert.equal(answer.json.count, 2)
  assert.equal(answer.json.total, 30.3)
${hasFeature(design, 'status') ? byStep : ''}`,
  )
}

const search: WriteTest = (blueprint, ids) => {
  const { noun } = blueprint.design
  const name = findTextField(blueprint)?.name ?? ''
  return writeTest(
    `${ids} finds the ${noun.many} that hold a word, in upper or lower case`,
    `  await service.store(sample(1))
  const wanted = await service.store(sample(2, { ${name}: 'A Zebra crossing' }))
  await service.store(sample(3))
  const found = await service.call('GET', '/${noun.path}?q=zeBRA')
  assert.equal(found.status, 200)
  assert.deepEqual(found.json.items, [wanted])
  const none = await service.call('GET', '/${noun.path}?q=okapi')
  assert.equal(none.status, 200)
  assert.deepEqual(none.json.items, [])`,
  )
}

const makeFilterTest =
  (name: 'owner' | 'tag'): WriteTest =>
  ({ design: { noun } }, ids) =>
    writeTest(
      `${ids} lists the ${noun.many} of one ${name} alone`,
      `  const first = await service.store(sample(1, { ${name}: 'A' }))
  const second = await service.store(sample(2, { ${name}: 'B' }))
  const third = await service.store(sample(3, { ${name}: 'A' }))
  assert.deepEqual((await service.call('GET', '/${noun.path}?${name}=A')).json.items, [first, third])
  assert.deepEqual((await service.call('GET', '/${noun.path}')).json.items, [first, second, third])
  assert.deepEqual((await service.call('GET', '/${noun.path}?${name}=C')).json.items, [])`,
    )

const exportCsv: WriteTest = (blueprint, ids) => {
  const { noun, fields } = blueprint.design
  const text = findTextField(blueprint)
  const change = text === undefined ? '' : `, { ${text.name}: '=1+1 "quoted"' }`
  const check = `  assert.ok(answer.text.includes('"\\'=1+1 ""quoted"""'))`
  return writeTest(
    `${ids} gives all ${noun.many} as CSV that no spreadsheet runs`,
    `  await service.store(sample(1))
  await service.store(sample(2${change}))
  const answer = await service.call('GET', '/${noun.path}/export.csv')
  assert.equal(answer.status, 200)
  assert.match(answer.headers.get('content-type'), /^text\\/csv/)
  const lines = answer.text.trimEnd().split('\\r\\n')
  assert.equal(lines.length, 3)
  assert.equal(lines[0], '${['id', ...fields.map(({ name }) => name)].map((name) => `"${name}"`).join(',')}')
${text === undefined ? '' : check}`,
  )
}

const redirect: WriteTest = ({ design }, ids) => {
  const { noun } = design
  const name = design.fields.find(({ type }) => type === 'web address')?.name ?? 'url'
  const again = design.reuseCode
    ? `  const again = await service.call('POST', '/${noun.path}', sample(1))
  assert.equal(again.status, 200)
  assert.equal(again.json.code, made.code)`
    : `  const again = await service.store(sample(1))
  assert.notEqual(again.code, made.code)`
  return writeTest(
    `${ids} redirects a short code to its address`,
    `  const made = await service.store(sample(1))
  assert.match(made.code, /^[A-Za-z0-9]{7}$/)
  const opened = await service.call('GET', '/' + made.code)
  assert.equal(opened.status, 302)
  assert.equal(opened.headers.get('location'), made.${name})
  assert.equal((await service.call('GET', '/nowhere')).status, 404)
  for (const scheme of ['javascript', 'data', 'file', 'ftp', 'no scheme']) {
    const body = sample(2, { ${name}: scheme + '://example.org/' })
    assert.equal((await service.call('POST', '/${noun.path}', body)).status, 400, scheme)
  }
${again}`,
  )
}

const visits: WriteTest = ({ design: { noun } }, ids) =>
  writeTest(
    `${ids} counts each visit of a short code`,
    `  const made = await service.store(sample(1))
  const other = await service.store(sample(2))
  const read = async (id) => (await service.call('GET', '/${noun.path}/' + id)).json.visits
  assert.equal(await read(made.id), 0)
  await Promise.all([1, 2, 3].map(() => service.call('GET', '/' + made.code)))
  await service.call('HEAD', '/' + made.code)
  assert.equal(await read(made.id), 3)
  assert.equal(await read(other.id), 0)`,
  )

const vote: WriteTest = ({ design: { noun, oneVote } }, ids) => {
  const second = oneVote
    ? `  const second = await cast({ voter: 'Ann', option: options[1] })
  assert.equal(second.status, 409)`
    : `  const second = await cast({ voter: 'Ann', option: options[1] })
  assert.equal(second.status, 201)`
  return writeTest(
    `${ids} takes a vote for an option that exists${oneVote ? ', once from each voter' : ''}`,
    `  const { id, options } = await service.store(sample(1))
  const cast = (body) => service.call('POST', '/${noun.path}/' + id + '/votes', body)
  assert.equal((await cast({ voter: 'Ann', option: options[0] })).status, 201)
${second}
  assert.equal((await cast({ voter: 'Bob', option: 'Nothing of the kind' })).status, 400)
  assert.equal((await cast({ option: options[0] })).status, 400)
  assert.equal((await service.call('POST', '/${noun.path}/99/votes', { voter: 'Ann', option: options[0] })).status, 404)`,
  )
}

const results: WriteTest = ({ design: { noun } }, ids) =>
  writeTest(
    `${ids} counts the votes for each option`,
    `  const { id, options } = await service.store(sample(1))
  const read = async () => (await service.call('GET', '/${noun.path}/' + id + '/result')).json
  const none = await read()
  assert.deepEqual(none.options, options.map((option) => ({ option, votes: 0 })))
  const ballots = [['Ann', 0], ['Bob', 0], ['Cy', 1]]
  for (const [voter, index] of ballots) {
    await service.call('POST', '/${noun.path}/' + id + '/votes', { voter, option: options.at(index) })
  }
  const result = await read()
  assert.deepEqual(result.options.map(({ votes }) => votes).slice(0, 2), [2, 1])
  assert.equal(result.total, 3)`,
  )

const apart: WriteTest = ({ design: { noun } }, ids) =>
  writeTest(
    `${ids} refuses what overlaps at one place, and only that`,
    `  const at = (start, end, place = 'Room A') =>
    sample(1, { place, start: '2026-03-01T' + start, end: '2026-03-01T' + end })
  await service.store(at('10:00', '11:00'))
  for (const [start, end] of [['10:30', '11:30'], ['09:00', '10:01'], ['10:15', '10:30'], ['09:00', '12:00']]) {
    assert.equal((await service.call('POST', '/${noun.path}', at(start, end))).status, 409, start)
  }
  assert.equal((await service.call('GET', '/${noun.path}')).json.items.length, 1)
  await service.store(at('11:00', '12:00'))
  await service.store(at('10:00', '11:00', 'Room B'))
  assert.equal((await service.call('POST', '/${noun.path}', at('14:00', '14:00'))).status, 400)`,
  )

const stock: WriteTest = ({ design: { noun, allowDebt } }, ids) =>
  writeTest(
    `${ids} changes the quantity by movements`,
    `  const { id } = await service.store(sample(1, { quantity: 5 }))
  const move = (change) => service.call('POST', '/${noun.path}/' + id + '/movements', { change })
  const tooMany = await move(-6)
  assert.equal(tooMany.status, ${allowDebt ? '200' : '409'})
${allowDebt ? '  assert.equal(tooMany.json.quantity, -1)\n  await move(6)\n' : ''}  const read = async () => (await service.call('GET', '/${noun.path}/' + id)).json.quantity
  assert.equal(await read(), 5)
  const moved = await move(-2)
  assert.equal(moved.status, 200)
  assert.equal(moved.json.quantity, 3)
  assert.equal(await read(), 3)
  for (const wrong of [0, 1.5, '1', null]) assert.equal((await move(wrong)).status, 400, String(wrong))`,
  )

const low: WriteTest = ({ design: { noun } }, ids) =>
  writeTest(
    `${ids} lists what is at or below its minimum`,
    `  const scarce = await service.store(sample(1, { quantity: 2, minimum: 2 }))
  await service.store(sample(2, { quantity: 3, minimum: 2 }))
  const answer = await service.call('GET', '/${noun.path}/low')
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.json.items, [scarce])`,
  )

const average: WriteTest = ({ design: { noun } }, ids) =>
  writeTest(
    `${ids} averages the ratings to 2 decimals`,
    `  const none = await service.call('GET', '/${noun.path}/average')
  assert.deepEqual(none.json, { count: 0, average: null })
  for (const rating of [1, 2, 2]) await service.store(sample(rating, { rating }))
  const answer = await service.call('GET', '/${noun.path}/average')
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.json, { count: 3, average: 1.67 })`,
  )

/** Tests of the extras. */
export const EXTRA_TESTS: Readonly<Partial<Record<FeatureName, WriteTest>>> = {
  status, overdue, total, search, owner: makeFilterTest('owner'), tag: makeFilterTest('tag'), export: exportCsv,
  redirect, visits, vote, results, apart, stock, low, average,
} // prettier-ignore
