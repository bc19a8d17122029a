import type { FeatureName } from '../../design.ts'
import type { Product } from './product.ts'

export type PlannedEvent = {
  readonly name: string
  readonly when: string
  readonly answers: string
  readonly hasPersonalData: boolean
  readonly features: readonly FeatureName[]
}

const listFeatureEvents = ({ design, has }: Product): PlannedEvent[] => {
  const { one, many } = design.noun
  const all: readonly (readonly [FeatureName, string, string, string])[] = [
    [
      'change',
      'changed',
      `A field of a stored ${one} takes another value.`,
      `Which fields of ${many} are corrected?`,
    ],
    ['remove', 'removed', `Somebody deletes a ${one}.`, `How long do ${many} live?`],
    ['status', 'moved', 'The next step is taken.', 'Where does work wait?'],
    [
      'status',
      'step_refused',
      'A step other than the next was asked for and answered with status 409.',
      'Do the steps fit the work?',
    ],
    [
      'overdue',
      'overdue_listed',
      'The list of what is past its due date is opened.',
      'Does anybody act on due dates?',
    ],
    ['total', 'total_read', 'The sum of all amounts is asked for.', 'Who needs the sum, and how often?'],
    ['search', 'searched', 'The list is narrowed by a word.', 'By which words is looked for?'],
    ['search', 'search_empty', 'A word was looked for that stands nowhere.', 'What do people miss?'],
    ['owner', 'owner_listed', 'The list is narrowed to one owner.', 'Does each look at their own?'],
    ['tag', 'tag_listed', 'The list is narrowed to one tag.', 'Which tags are used?'],
    ['export', 'exported', 'The CSV text is fetched.', 'What happens elsewhere with the data?'],
    ['redirect', 'code_opened', 'Somebody arrives by a short code.', 'Are codes passed on?'],
    ['redirect', 'code_unknown', 'A code was opened that nobody gave out.', 'Are codes copied wrongly?'],
    ['vote', 'voted', 'A vote is taken.', 'How many of the invited vote?'],
    [
      'vote',
      'second_vote_refused',
      'A voter who voted already votes again.',
      'Is one vote per name understood?',
    ],
    ['results', 'result_read', 'The counts of the options are opened.', 'When is a result looked at?'],
    [
      'apart',
      'clash_refused',
      'Two of one place overlap and the second is refused.',
      'Which places are short?',
    ],
    ['stock', 'movement_booked', 'A quantity goes up or down.', 'Is what is taken booked?'],
    ['low', 'low_listed', 'The list of what runs low is opened.', 'Is anything bought in time?'],
    ['average', 'average_read', 'The average of the ratings is asked for.', 'Is one number enough?'],
    ['page', 'page_opened', 'The web page is loaded in a browser.', 'Browser or program?'],
    ['page', 'form_sent', 'The form of the page is sent.', 'Are forms filled to their end?'],
    [
      'page',
      'form_refused',
      'The page comes back with the reason of a refusal.',
      'Which hint is not understood?',
    ],
  ]
  return all
    .filter(([feature]) => has(feature))
    .map(([feature, name, when, answers]) => ({
      name: `${one}.${name}`,
      when,
      answers,
      hasPersonalData: name === 'voted' || name === 'owner_listed',
      features: [feature],
    }))
}

/** What the beta means to count: about the records, the service, and the people who try it. None is emitted yet. */
export const listEvents = (product: Product): readonly PlannedEvent[] => {
  const { one, many } = product.design.noun
  const plan = (
    name: string,
    when: string,
    answers: string,
    features: readonly FeatureName[] = ['create'],
  ): PlannedEvent => ({ name, when, answers, features, hasPersonalData: name.startsWith('tester.') })
  return [
    plan(`${one}.stored`, `A new ${one} gets its id.`, `Are ${many} written down here at all?`),
    plan(
      `${one}.refused`,
      'A body lacks a required field or holds a value of another type.',
      'Which field is not understood?',
      ['refuse'],
    ),
    plan(`${one}.read`, 'One record is opened by its id.', 'Is what was stored looked at again?', ['list']),
    plan(`${one}.listed`, `The whole list is asked for.`, 'How often is the list needed?', ['list']),
    ...listFeatureEvents(product),
    plan('service.started', 'The process begins to listen.', 'How often is it restarted?', ['keep']),
    plan('service.stopped', 'A signal ends the process.', 'Was it stopped on purpose?', ['keep']),
    plan('service.failed', 'An answer has a status from 500 on.', 'What breaks?', ['keep']),
    plan('health.asked', 'The monitor calls GET /healthz.', 'Is anybody watching?', ['keep']),
    plan('health.missed', 'The monitor gets no answer within 10 seconds.', 'When was it down?', ['keep']),
    plan('body.too_long', 'More than 65536 bytes are sent at once.', 'Is the limit in the way?', ['refuse']),
    plan('address.unknown', 'A path is called that no route has.', 'What is looked for and not there?', [
      'list',
    ]),
    plan('file.written', 'A change reaches the disk.', 'How long does a write take as the file grows?', [
      'keep',
    ]),
    plan('file.copied', 'The daily copy is made.', 'Is there a copy of yesterday?', ['keep']),
    plan('tester.invited', 'An invitation is handed over.', 'How many were asked?'),
    plan('tester.arrived', 'An invited person opens the service for the first time.', 'How many come?'),
    plan('tester.returned', 'The same person comes back on another day.', 'How many stay?'),
    plan('survey.sent', 'The five questions go out.', 'Who was heard?'),
    plan('survey.answered', 'Answers to the five questions come in.', 'What do they say?'),
    plan('fault.told', 'Somebody reports that something does not work.', 'What has to be mended first?'),
    plan('wish.told', 'Somebody asks for what is not there.', 'Which gap hurts?'),
  ]
}
