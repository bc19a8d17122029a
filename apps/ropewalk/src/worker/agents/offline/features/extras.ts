import { getFieldOfType, hasFeature, readSteps, type Design, type FeatureName } from '../design.ts'
import { joinWords } from '../words.ts'
import type { Feature } from './feature.ts'

const at = ({ noun }: Design) => `/${noun.path}`
const steps = (d: Design) => joinWords(d.steps)

const status: Feature = {
  name: 'status',
  pattern:
    /\bstatus of\b|\bpass(?:es)? through\b|\bsteps [a-z]|\b(?:its|the next) steps?\b|\bworkflow\b|\bin (?:this|that|its) order\b/iu,
  title: (d) => `Lead each ${d.noun.one} through its steps`,
  goal: (d) => `Each ${d.noun.one} passes through the steps ${steps(d)} in this order.`,
  statement: (d) =>
    `The service must lead the status of each ${d.noun.one} through the steps ${steps(d)} in this order.`,
  acceptance: (d) => [
    `Given a new ${d.noun.one}, when it is stored, then its status is ${d.steps[0] ?? 'open'}.`,
    `Given the next step in a body, when POST ${at(d)}/ID/status is called with it, then the answer has status 200 and the ${d.noun.one} has that step.`,
    `Given any step but the next, when POST ${at(d)}/ID/status is called with it, then the answer has status 409 and the ${d.noun.one} stays as it was.`,
  ],
  priority: 'must',
  want: (d) => `to move ${d.noun.many} from one step to the next`,
  soThat: (d) => `it is known how far each ${d.noun.one} has come`,
  read: (sentence, design) => {
    const read = readSteps(sentence)
    return read.length > 0 ? { ...design, steps: read } : design
  },
}

const overdue: Feature = {
  name: 'overdue',
  pattern: /\boverdue\b|\bpast (?:its|their) due\b|\bdue (?:date|day) (?:is over|has passed)/iu,
  title: (d) => `List overdue ${d.noun.many}`,
  goal: (d) => `The overdue ${d.noun.many} of a day come back from one request.`,
  statement: (d) =>
    `The service must list at GET ${at(d)}/overdue the ${d.noun.many} whose due date lies before the day given as "on", today in UTC where it is left out.`,
  acceptance: (d) => [
    `Given one ${d.noun.one} due on 2026-03-01 and one due on 2026-03-02, when GET ${at(d)}/overdue?on=2026-03-02 is called, then the answer holds the first alone.`,
    ...(hasFeature(d, 'status')
      ? [
          `Given an overdue ${d.noun.one} that reached the step ${d.steps.at(-1) ?? 'done'}, when the overdue ones are listed, then it is not among them.`,
        ]
      : []),
    `Given an "on" that is no date, when GET ${at(d)}/overdue is called, then the answer has status 400.`,
  ],
  priority: 'should',
  want: (d) => `to see which ${d.noun.many} are overdue`,
  soThat: () => 'they are seen to first',
}

const total: Feature = {
  name: 'total',
  pattern: /\btotals?\b|\bsum\b|\badd(?:s|ed)? up\b/iu,
  title: (d) => `Add up the amounts of ${d.noun.many}`,
  goal: (d) => `The total amount of all ${d.noun.many} comes back from one request.`,
  statement: (d) =>
    `The service must answer GET ${at(d)}/total with the count of ${d.noun.many} and the sum of their amounts.`,
  acceptance: (d) => [
    `Given 2 ${d.noun.many} with the amounts 10.10 and 20.20, when GET ${at(d)}/total is called, then the answer has count 2 and total 30.3.`,
    ...(hasFeature(d, 'status')
      ? [
          `Given ${d.noun.many} at more than one step, when GET ${at(d)}/total is called, then the answer has the sum of each step.`,
        ]
      : []),
  ],
  priority: 'should',
  want: (d) => `to know what all ${d.noun.many} add up to`,
  soThat: () => 'no amount has to be added by hand',
}

const search: Feature = {
  name: 'search',
  pattern: /\bfind\b.*\bwords?\b|\bsearch|\bholds? (?:a|the) (?:given )?word\b/iu,
  title: (d) => `Find ${d.noun.many} by a word`,
  goal: (d) =>
    `The ${d.noun.many} that hold a given word come back from one request, in upper or lower case.`,
  statement: (d) =>
    `The service must narrow GET ${at(d)} to the ${d.noun.many} that hold the word given as "q", in upper or lower case.`,
  acceptance: (d) => [
    `Given 3 ${d.noun.many} of which 1 holds a word, when GET ${at(d)}?q=WORD is called, then the answer holds that one alone.`,
    `Given a word that stands nowhere, when GET ${at(d)}?q=WORD is called, then the answer has status 200 and an empty list.`,
  ],
  priority: 'should',
  want: (d) => `to find ${d.noun.many} by a word that stands in them`,
  soThat: () => 'the list need not be read from top to bottom',
}

/** A list narrowed to one value of a field. */
const makeFilter = (name: 'owner' | 'tag', pattern: RegExp, soThat: string): Feature => ({
  name,
  pattern,
  title: (d) => `List the ${d.noun.many} of one ${name}`,
  goal: (d) => `The ${d.noun.many} of one ${name} come back from one request.`,
  statement: (d) =>
    `The service must narrow GET ${at(d)} to the ${d.noun.many} of one ${name} given as "${name}".`,
  acceptance: (d) => [
    `Given ${d.noun.many} with the ${name} A and with the ${name} B, when GET ${at(d)}?${name}=A is called, then the answer holds those of A alone.`,
  ],
  priority: 'should',
  want: (d) => `to list the ${d.noun.many} of one ${name}`,
  soThat: () => soThat,
})

const exportCsv: Feature = {
  name: 'export',
  pattern: /\bcsv\b|\bexport/iu,
  title: (d) => `Export ${d.noun.many} as CSV`,
  goal: (d) => `All ${d.noun.many} come back as one CSV text with a line of field names.`,
  statement: (d) =>
    `The service must give all ${d.noun.many} as CSV text at GET ${at(d)}/export.csv, the field names in the first line.`,
  acceptance: (d) => [
    `Given 2 stored ${d.noun.many}, when GET ${at(d)}/export.csv is called, then the answer is text/csv of 3 lines.`,
    'Given a value that begins with =, when the CSV is written, then an apostrophe stands before it.',
  ],
  priority: 'should',
  want: (d) => `to take all ${d.noun.many} out as CSV`,
  soThat: () => 'a spreadsheet can read them',
}

const redirect: Feature = {
  name: 'redirect',
  pattern: /\bredirect|\bshort code\b|\bforward/iu,
  title: () => 'Redirect a short code to its address',
  goal: (d) =>
    `A stored ${d.noun.one} has a short code, and opening that code leads to its address${codeRule(d)}.`,
  statement: (d) =>
    `The service must give each ${d.noun.one} a short code of 7 letters and digits and redirect GET /CODE to its address${codeRule(d)}.`,
  acceptance: (d) => [
    `Given a stored ${d.noun.one}, when GET /CODE is called with its code, then the answer has status 302 and its address in the Location header.`,
    'Given a code that was not given out, when GET /CODE is called with it, then the answer has status 404.',
    d.reuseCode
      ? `Given an address that is stored already, when it is sent to POST ${at(d)}, then the answer has status 200 and the code it already has.`
      : `Given an address that is stored already, when it is sent to POST ${at(d)}, then the answer has status 201 and another code.`,
  ],
  priority: 'must',
  want: () => 'to open a short code and arrive at the address behind it',
  soThat: () => 'a short text is enough to pass an address on',
  read: (sentence, design) => ({
    ...design,
    reuseCode: /\bone code per address\b|\bcode it already has\b/iu.test(sentence),
  }),
}

const codeRule = (d: Design): string => (d.reuseCode ? ', with one code per address' : '')

const visits: Feature = {
  name: 'visits',
  pattern: /\b(?:visits?|clicks?|hits?|opened)\b.*\bcount|\bcount.*\b(?:visits?|clicks?|hits?|opened)\b/iu,
  title: () => 'Count the visits of a short code',
  goal: (d) => `Each visit of a short code raises the visit count of its ${d.noun.one} by 1.`,
  statement: (d) =>
    `The service must raise the visit count of a ${d.noun.one} by 1 each time its short code is opened.`,
  acceptance: (d) => [
    `Given a new ${d.noun.one}, when GET ${at(d)}/ID is called, then its visit count is 0.`,
    `Given a ${d.noun.one} whose code was opened 3 times, when GET ${at(d)}/ID is called, then its visit count is 3.`,
  ],
  priority: 'must',
  want: (d) => `to see how often the code of a ${d.noun.one} was opened`,
  soThat: () => 'it is known whether anybody followed it',
}

const vote: Feature = {
  name: 'vote',
  pattern: /\bvotes?\b.*\boption\b|\boption\b.*\bvotes?\b|\bone vote\b|\bvotes? in an? |\bcast\b/iu,
  title: (d) => `Vote in a ${d.noun.one}`,
  goal: (d) => `A voter gives a vote for one option of a ${d.noun.one}${voteRule(d)}.`,
  statement: (d) =>
    `The service must take a vote for one option of a ${d.noun.one} at POST ${at(d)}/ID/votes${voteRule(d)}.`,
  acceptance: (d) => [
    `Given a ${d.noun.one}, when POST ${at(d)}/ID/votes is called with a voter and one of its options, then the answer has status 201.`,
    `Given an option that the ${d.noun.one} does not have, when it is voted for, then the answer has status 400.`,
    d.oneVote
      ? 'Given a voter who voted already, when the same voter votes again, then the answer has status 409 and the counts stay as they were.'
      : 'Given a voter who voted already, when the same voter votes again, then the answer has status 201 and the count rises by 1.',
  ],
  priority: 'must',
  want: (d) => `to vote for one option of a ${d.noun.one}`,
  soThat: () => 'the opinion is counted',
  read: (sentence, design) => ({
    ...design,
    oneVote: /\bone vote per\b|\bvotes? once\b|\bonly one\b/iu.test(sentence),
  }),
}

const voteRule = (d: Design): string =>
  d.oneVote ? ', one vote per voter name' : ', as often as the voter likes'

const results: Feature = {
  name: 'results',
  pattern: /\bresults?\b|\bvotes? (?:for|of) each option/iu,
  title: (d) => `Give the result of a ${d.noun.one}`,
  goal: (d) => `The result of a ${d.noun.one} comes back from one request with the votes for each option.`,
  statement: (d) =>
    `The service must answer GET ${at(d)}/ID/result with the count of votes for each option of the ${d.noun.one}.`,
  acceptance: (d) => [
    `Given a ${d.noun.one} with 2 votes for the first option and 1 for the second, when GET ${at(d)}/ID/result is called, then the answer counts 2, 1 and a total of 3.`,
    `Given a ${d.noun.one} without votes, when its result is read, then every option counts 0.`,
  ],
  priority: 'must',
  want: (d) => `to read the result of a ${d.noun.one}`,
  soThat: () => 'everyone sees the same count',
}

const apart: Feature = {
  name: 'apart',
  pattern: /\boverlap|\bdouble[- ]book|\bclash/iu,
  title: (d) => `Refuse overlapping ${d.noun.many} of one place`,
  goal: (d) =>
    `Of two ${d.noun.many} of one place that overlap in time, the second is answered with status 409.`,
  statement: (d) =>
    `The service must answer a ${d.noun.one} that overlaps in time with a stored one of the same place with status 409.`,
  acceptance: (d) => [
    `Given a ${d.noun.one} of a place from 10:00 to 11:00, when another from 10:30 to 11:30 of that place is sent to POST ${at(d)}, then the answer has status 409 and 1 item is stored.`,
    `Given a ${d.noun.one} that ends at 11:00, when another of that place begins at 11:00, then the answer has status 201.`,
    `Given an end that is not after its start, when it is sent to POST ${at(d)}, then the answer has status 400.`,
  ],
  priority: 'must',
  want: (d) => `to be told when a ${d.noun.one} clashes with another`,
  soThat: () => 'no place is promised twice at one time',
}

const stock: Feature = {
  name: 'stock',
  pattern:
    /\bmovements?\b|\bquantity (?:rises|falls|changes)|\bput in and taken out\b|\bstock (?:in|out)\b|\bwithdraw/iu,
  title: (d) => `Book movements of ${d.noun.many}`,
  goal: (d) => `A movement changes the quantity of ${one(d)} by a whole number${debtRule(d)}.`,
  statement: (d) =>
    `The service must change the quantity of ${one(d)} by the whole number of a movement sent to POST ${at(d)}/ID/movements${debtRule(d)}.`,
  acceptance: (d) => [
    `Given a quantity of 5, when a movement with the change -2 is sent to POST ${at(d)}/ID/movements, then the answer has status 200 and the quantity is 3.`,
    d.allowDebt
      ? 'Given a quantity of 5, when a movement with the change -6 is sent, then the answer has status 200 and the quantity is -1.'
      : 'Given a quantity of 5, when a movement with the change -6 is sent, then the answer has status 409 and the quantity is 5.',
  ],
  priority: 'must',
  want: (d) => `to book what is put in and taken out of ${d.noun.many}`,
  soThat: () => 'the quantity in the list is the quantity on the shelf',
  read: (sentence, design) => ({
    ...design,
    allowDebt: /\bbelow zero too\b|\balso below zero\b/iu.test(sentence),
  }),
}

const one = ({ noun }: Design) => `one of the ${noun.many}`
const debtRule = (d: Design): string => (d.allowDebt ? ', below zero too' : ', and zero is its least')

const low: Feature = {
  name: 'low',
  pattern: /\brun(?:s|ning)? low\b|\blow (?:stock|items)\b|\b(?:at or )?below (?:its|their|the) minimum/iu,
  title: (d) => `List ${d.noun.many} that run low`,
  goal: (d) => `The ${d.noun.many} whose quantity is at or below their minimum come back from one request.`,
  statement: (d) =>
    `The service must list at GET ${at(d)}/low the ${d.noun.many} whose quantity is at or below their minimum.`,
  acceptance: (d) => [
    `Given a quantity of 2 with the minimum 2 and a quantity of 3 with the minimum 2, when GET ${at(d)}/low is called, then the answer holds the first alone.`,
  ],
  priority: 'should',
  want: (d) => `to see which ${d.noun.many} run low`,
  soThat: () => 'they are bought before the shelf is empty',
}

const average: Feature = {
  name: 'average',
  pattern: /\baverage\b|\bmean rating\b/iu,
  title: (d) => `Average the ratings of ${d.noun.many}`,
  goal: (d) => `The average rating of all ${d.noun.many} comes back from one request, with their count.`,
  statement: (d) =>
    `The service must answer GET ${at(d)}/average with the count of rated ${d.noun.many} and the average of their ratings to 2 decimals.`,
  acceptance: (d) => [
    `Given the ratings 1, 2 and 2, when GET ${at(d)}/average is called, then the answer has count 3 and average 1.67.`,
    `Given no rated ${d.noun.one}, when GET ${at(d)}/average is called, then the answer has count 0 and average null.`,
  ],
  priority: 'should',
  want: (d) => `to read the average rating of all ${d.noun.many}`,
  soThat: () => 'one number tells how things went',
}

/** What only ideas of some subjects, or with some words, ask for. */
export const EXTRA_FEATURES: readonly Feature[] = [
  status, overdue, total, search,
  makeFilter('owner', /\b(?:one|an|each|per|by) owner\b/iu, 'everyone sees what is theirs to do'),
  makeFilter('tag', /\b(?:one|a|each|per|by) tag\b/iu, 'what belongs together is read together'),
  exportCsv, redirect, visits, vote, results, apart, stock, low, average,
] // prettier-ignore

/** Whether the fields of the design let the feature be built at all. */
export const isBuildable = (design: Design, name: FeatureName): boolean => {
  const has = (field: string, type?: string) =>
    design.fields.some((each) => each.name === field && (type === undefined || each.type === type))
  switch (name) {
    case 'overdue':
      return has('due', 'date')
    case 'total':
      return has('amount', 'amount')
    case 'owner':
    case 'tag':
      return has(name, 'short text')
    case 'redirect':
      return getFieldOfType(design, 'web address') !== undefined
    case 'visits':
      return hasFeature(design, 'redirect')
    case 'vote':
      return has('options', 'list of short texts')
    case 'results':
      return hasFeature(design, 'vote') && has('options', 'list of short texts')
    case 'apart':
      return has('place') && has('start', 'date and time') && has('end', 'date and time')
    case 'stock':
      return has('quantity', 'whole number')
    case 'low':
      return has('quantity', 'whole number') && has('minimum', 'whole number')
    case 'average':
      return has('rating', 'whole number')
    default:
      return true
  }
}
