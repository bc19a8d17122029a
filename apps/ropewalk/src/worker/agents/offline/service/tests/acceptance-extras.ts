import { hasFeature } from '../../design.ts'
import { whenEmpty, type WriteCriteria } from './acceptance-records.ts'
import { findTextField } from './samples.ts'

const status: WriteCriteria = ({ design: { noun, steps } }) => {
  const [first = '', second = ''] = steps
  return [
    `  assert.equal((await service.store(sample(1))).status, '${first}')`,
    `  const { id } = await service.store(sample(1))
  const { status, json } = await service.call('POST', '/${noun.path}/' + id + '/status', { status: '${second}' })
  assert.equal(status, 200)
  assert.equal(json.status, '${second}')`,
    `  const made = await service.store(sample(1))
  for (const wrong of [${steps
    .filter((step) => step !== second)
    .map((step) => `'${step}'`)
    .join(', ')}]) {
    assert.equal((await service.call('POST', '/${noun.path}/' + made.id + '/status', { status: wrong })).status, 409, wrong)
  }
  assert.deepEqual((await service.call('GET', '/${noun.path}/' + made.id)).json, made)`,
  ]
}

const overdue: WriteCriteria = ({ design }) => {
  const { noun, steps } = design
  const rest = steps
    .slice(1)
    .map((step) => `'${step}'`)
    .join(', ')
  return [
    whenEmpty(`  const early = await service.store(sample(1, { due: '2026-03-01' }))
  await service.store(sample(2, { due: '2026-03-02' }))
  const { json } = await service.call('GET', '/${noun.path}/overdue?on=2026-03-02')
  assert.deepEqual(json.items, [early])`),
    ...(hasFeature(design, 'status')
      ? [
          `  const { id } = await service.store(sample(1, { due: '2026-03-01' }))
  const isListed = async () => {
    const { items } = (await service.call('GET', '/${noun.path}/overdue?on=2026-03-02')).json
    return items.some((item) => item.id === id)
  }
  assert.equal(await isListed(), true)
  for (const status of [${rest}]) await service.call('POST', '/${noun.path}/' + id + '/status', { status })
  assert.equal(await isListed(), false)`,
        ]
      : []),
    `  for (const day of ['2026-02-30', 'tomorrow', '']) {
    assert.equal((await service.call('GET', '/${noun.path}/overdue?on=' + day)).status, 400, day)
  }`,
  ]
}

const total: WriteCriteria = ({ design }) => {
  const { noun, steps } = design
  const [first = '', second = ''] = steps
  return [
    whenEmpty(`  await service.store(sample(1, { amount: 10.1 }))
  await service.store(sample(2, { amount: 20.2 }))
  const { json } = await service.call('GET', '/${noun.path}/total')
  assert.equal(json.count, 2)
  assert.equal(json.total, 30.3)`),
    ...(hasFeature(design, 'status')
      ? [
          whenEmpty(`  await service.store(sample(1, { amount: 10.1 }))
  const { id } = await service.store(sample(2, { amount: 20.2 }))
  await service.call('POST', '/${noun.path}/' + id + '/status', { status: '${second}' })
  const { steps } = (await service.call('GET', '/${noun.path}/total')).json
  assert.equal(steps['${first}'], 10.1)
  assert.equal(steps['${second}'], 20.2)`),
        ]
      : []),
  ]
}

const search: WriteCriteria = (blueprint) => {
  const { path } = blueprint.design.noun
  const name = findTextField(blueprint)?.name
  if (name === undefined) return [null, null]
  return [
    whenEmpty(`  await service.store(sample(1))
  const wanted = await service.store(sample(2, { ${name}: 'A Zebra crossing' }))
  await service.store(sample(3))
  assert.deepEqual((await service.call('GET', '/${path}?q=zeBRA')).json.items, [wanted])`),
    `  await service.store(sample(1))
  const { status, json } = await service.call('GET', '/${path}?q=okapi')
  assert.equal(status, 200)
  assert.deepEqual(json.items, [])`,
  ]
}

const makeFilter =
  (name: 'owner' | 'tag'): WriteCriteria =>
  ({ design: { noun } }) => [
    whenEmpty(`  const first = await service.store(sample(1, { ${name}: 'A' }))
  await service.store(sample(2, { ${name}: 'B' }))
  assert.deepEqual((await service.call('GET', '/${noun.path}?${name}=A')).json.items, [first])`),
  ]

const exportCsv: WriteCriteria = (blueprint) => {
  const { path } = blueprint.design.noun
  const name = findTextField(blueprint)?.name
  return [
    whenEmpty(`  await service.store(sample(1))
  await service.store(sample(2))
  const { headers, text } = await service.call('GET', '/${path}/export.csv')
  assert.match(headers.get('content-type'), /^text\\/csv/)
  assert.equal(text.trimEnd().split('\\r\\n').length, 3)`),
    name === undefined
      ? null
      : `  await service.store(sample(1, { ${name}: '=1+1' }))
  const { text } = await service.call('GET', '/${path}/export.csv')
  assert.ok(text.includes('"\\'=1+1"'), text)`,
  ]
}

const redirect: WriteCriteria = ({ design }) => {
  const { noun } = design
  const name = design.fields.find(({ type }) => type === 'web address')?.name ?? 'url'
  return [
    `  const made = await service.store(sample(1))
  const { status, headers } = await service.call('GET', '/' + made.code)
  assert.equal(status, 302)
  assert.equal(headers.get('location'), made.${name})`,
    `  await service.store(sample(1))
  assert.equal((await service.call('GET', '/nowhere')).status, 404)`,
    `  const made = await service.store(sample(1))
  const again = await service.call('POST', '/${noun.path}', sample(1))
  assert.equal(again.status, ${design.reuseCode ? '200' : '201'})
  assert.${design.reuseCode ? 'equal' : 'notEqual'}(again.json.code, made.code)`,
  ]
}

const visits: WriteCriteria = ({ design: { noun } }) => [
  `  const { id } = await service.store(sample(1))
  assert.equal((await service.call('GET', '/${noun.path}/' + id)).json.visits, 0)`,
  `  const { id, code } = await service.store(sample(1))
  for (let opened = 0; opened < 3; opened += 1) await service.call('GET', '/' + code)
  assert.equal((await service.call('GET', '/${noun.path}/' + id)).json.visits, 3)`,
]

const vote: WriteCriteria = ({ design: { noun, oneVote } }) => {
  const begin = `  const { id, options } = await service.store(sample(1))
  const cast = (voter, option) => service.call('POST', '/${noun.path}/' + id + '/votes', { voter, option })
`
  const again = `  await cast('Ann', options[0])
  assert.equal((await cast('Ann', options[1])).status, ${oneVote ? '409' : '201'})`
  return [
    `${begin}  assert.equal((await cast('Ann', options[0])).status, 201)`,
    `${begin}  assert.equal((await cast('Ann', 'Nothing of the kind')).status, 400)
  assert.equal((await cast('Ann', options[0])).status, 201)`,
    `${begin}${again}`,
  ]
}

const results: WriteCriteria = ({ design: { noun } }) => {
  const read = `(await service.call('GET', '/${noun.path}/' + id + '/result')).json`
  return [
    `  const { id, options } = await service.store(sample(1))
  for (const [voter, option] of [['Ann', options[0]], ['Bob', options[0]], ['Cy', options[1]]]) {
    await service.call('POST', '/${noun.path}/' + id + '/votes', { voter, option })
  }
  const result = ${read}
  assert.deepEqual(result.options.slice(0, 2).map(({ votes }) => votes), [2, 1])
  assert.equal(result.total, 3)`,
    `  const { id, options } = await service.store(sample(1))
  const result = ${read}
  assert.deepEqual(result.options, options.map((option) => ({ option, votes: 0 })))`,
  ]
}

const apart: WriteCriteria = ({ design: { noun } }) => {
  const begin = `  const at = (start, end) =>
    sample(1, { place: 'Room A', start: '2026-03-01T' + start, end: '2026-03-01T' + end })
`
  return [
    `${begin}  await service.store(at('10:00', '11:00'))
  assert.equal((await service.call('POST', '/${noun.path}', at('10:30', '11:30'))).status, 409)
  assert.equal((await service.call('GET', '/${noun.path}')).json.items.length, 1)`,
    `${begin}  await service.store(at('10:00', '11:00'))
  assert.equal((await service.call('POST', '/${noun.path}', at('11:00', '12:00'))).status, 201)`,
    `${begin}  assert.equal((await service.call('POST', '/${noun.path}', at('14:00', '14:00'))).status, 400)
  assert.equal((await service.call('POST', '/${noun.path}', at('14:00', '14:01'))).status, 201)`,
  ]
}

const stock: WriteCriteria = ({ design: { noun, allowDebt } }) => {
  const begin = `  const { id } = await service.store(sample(1, { quantity: 5 }))
  const move = (change) => service.call('POST', '/${noun.path}/' + id + '/movements', { change })
`
  return [
    `${begin}  const { status, json } = await move(-2)
  assert.equal(status, 200)
  assert.equal(json.quantity, 3)`,
    `${begin}  assert.equal((await move(-6)).status, ${allowDebt ? '200' : '409'})
  assert.equal((await service.call('GET', '/${noun.path}/' + id)).json.quantity, ${allowDebt ? '-1' : '5'})`,
  ]
}

const low: WriteCriteria = ({ design: { noun } }) => [
  whenEmpty(`  const scarce = await service.store(sample(1, { quantity: 2, minimum: 2 }))
  await service.store(sample(2, { quantity: 3, minimum: 2 }))
  assert.deepEqual((await service.call('GET', '/${noun.path}/low')).json.items, [scarce])`),
]

const average: WriteCriteria = ({ design: { noun } }) => [
  whenEmpty(`  for (const rating of [1, 2, 2]) await service.store(sample(rating, { rating }))
  assert.deepEqual((await service.call('GET', '/${noun.path}/average')).json, { count: 3, average: 1.67 })`),
  whenEmpty(
    `  assert.deepEqual((await service.call('GET', '/${noun.path}/average')).json, { count: 0, average: null })`,
  ),
]

/** Tests of the criteria of the extras. */
export const EXTRA_CRITERIA = {
  status, overdue, total, search, owner: makeFilter('owner'), tag: makeFilter('tag'), export: exportCsv, redirect,
  visits, vote, results, apart, stock, low, average,
} as const // prettier-ignore
