import type { ItemView } from '@ropewalk/core/contract/api/items'
import type { AnyQuestionView } from '@ropewalk/core/contract/api/questions'
import type { ClaimedWork } from '@ropewalk/core/contract/api/work'
import { waitFor, type BacklogHouse } from './backlog-house.ts'

/** A capability that no worker of ours has: its work is done by the test, over HTTP like by anybody outside. */
export const BY_HAND = 'by_hand'

const claim = async (house: BacklogHouse): Promise<readonly ClaimedWork[]> => {
  const { body } = await house.ask<{ work: readonly ClaimedWork[] }>('POST', '/v1/work/claim', {
    worker: 'hand',
    capabilities: [BY_HAND],
    limit: 1,
  })
  return body.work
}

/** Says that there is somebody for such work, and waits until some of it came. */
export const claimOne = (house: BacklogHouse): Promise<ClaimedWork> =>
  waitFor(async () => (await claim(house))[0], 'work for the hand')

/** Ends an attempt in the name of its token. Throws what the server says where it refuses. */
export const endWork = async (
  house: BacklogHouse,
  { order, token }: ClaimedWork,
  verb: 'complete' | 'fail' | 'clarify',
  body: object,
): Promise<void> => {
  const { status, body: answer } = await house.ask('POST', `/v1/work/${order.id}/${verb}`, body, token)
  if (status >= 300) throw new Error(`${verb}: ${status} ${JSON.stringify(answer)}`)
}

/** A small deliverable that meets the Definition of Done. */
export const RESULT = {
  deliverables: [
    {
      name: 'note',
      body: {
        type: 'note',
        agent: 'hand',
        confidence: 0.9,
        simulated: false,
        facts: [],
        claims: [],
        content: { text: 'Done by hand.' },
      },
    },
  ],
  evidence: [{ kind: 'person', statement: 'Looked at it.' }],
}

export const waitForItem = (
  house: BacklogHouse,
  id: string,
  isThere: (item: ItemView) => boolean,
): Promise<ItemView> => {
  let last: ItemView | undefined
  return waitFor(
    async () => {
      last = await house.get<ItemView>(`/v1/items/${id}`)
      return isThere(last) && last
    },
    () => `item as wanted; it is ${JSON.stringify({ ...last, history: undefined })}`,
  )
}

/** The one open question or approval of a project that satisfies this. */
export const waitForQuestion = (
  house: BacklogHouse,
  projectId: string,
  isMeant: (question: AnyQuestionView) => boolean,
): Promise<AnyQuestionView> =>
  waitFor(async () => {
    const page = await house.get<{ items: readonly AnyQuestionView[] }>(
      `/v1/questions?project=${projectId}&status=open`,
    )
    return page.items.find(isMeant)
  }, 'question that is meant')
