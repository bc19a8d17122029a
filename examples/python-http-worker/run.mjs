/** Has a worker in Python do an item over HTTP, and adds its result up again; ends with 1 when anything is wrong. */
import assert from 'node:assert/strict'
import path from 'node:path'
import { endUnlessInstalled, readMinutes, withServer } from '../backlog/with-server.mjs'

endUnlessInstalled('python3')
await withServer({}, async ({ url, token, ask, until, startPython, readLast, startProject }) => {
  const worker = startPython(path.join(import.meta.dirname, 'worker.py'), {
    SERVER_URL: url,
    API_TOKEN: token,
  })
  const [told, itemId] = await Promise.all([
    readLast(worker),
    startProject('minutes_by_team', 'Minutes of each team on invoices'),
  ])
  assert.equal(told.rows, 60)
  const item = await until(async () => {
    const found = await ask('GET', `/v1/items/${itemId}`)
    return found.status === 'done' && found
  }, 'the item that is done')
  assert.deepEqual(
    item.work.map(({ taskId, attempt, status }) => [taskId, attempt, status]),
    [[told.taskId, 1, 'completed']],
  )
  const [{ id }] = item.deliverables
  const { facts, claims } = await ask('GET', `/v1/deliverables/${id}/content`)
  // Two rows name no duration, so that their minutes are a guess: the teams without one are compared.
  const rows = readMinutes('Team')
  const guessed = new Set(rows.filter(({ isGiven }) => !isGiven).map(({ of }) => of))
  const teams = [...new Set(rows.map(({ of }) => of))].toSorted()
  assert.equal(facts.length, teams.length)
  for (const [index, team] of teams.entries()) {
    const own = rows.filter(({ of }) => of === team)
    assert.equal(facts[index].rowCount, own.length)
    assert.ok(claims[index].text.startsWith(`${team} spent`))
    if (guessed.has(team)) continue
    assert.equal(
      facts[index].value,
      own.reduce((sum, { minutes }) => sum + minutes, 0),
    )
  }
  console.log(`ok: a worker in Python added up the minutes of ${teams.length} teams`)
})
