import { readStepList, type Design, type FeatureName, type Field, type FieldType } from './design.ts'

/** A question that only this subject raises; `apply` builds the answer into the design. */
export type SubjectQuestion = {
  readonly ask: (many: string, one: string) => string
  readonly impact: string
  readonly defaultAnswer: string
  /** Where few answers make sense: those, the default among them. Others are still read. */
  readonly choices?: readonly string[]
  readonly category: 'clarification' | 'validation' | 'assumption' | 'risk'
  readonly apply: (answer: string, design: Design) => Design
}

/** A subject the offline model has rules for. Words are in the singular; each names the noun it stands for. */
export type Subject = {
  readonly name: string
  readonly words: Readonly<Record<string, string>>
  /** What one does with it, for ideas that name the act alone. */
  readonly verb?: RegExp
  /** Such as `Invoice register`, from the noun. */
  readonly title: (noun: string) => string
  readonly problem: (many: string) => string
  readonly fields: readonly Field[]
  readonly features: readonly FeatureName[]
  readonly steps: readonly string[]
  readonly question: SubjectQuestion
  /** What the subject's own word asks for and no rule builds. */
  readonly implied?: readonly string[]
  /** Where the fields hold less than the word may mean. */
  readonly caveat?: string
}

export const field = (name: string, type: FieldType, required = true, max: number | null = null): Field => ({
  name,
  type,
  required,
  max,
})

const isYes = (answer: string): boolean =>
  /^\s*(?:yes|y|yep|sure|ja|oui|s[ií])(?![\p{L}])|\b(?:they|it|one) may\b(?! not)/iu.test(answer)
const without = (design: Design, feature: FeatureName): Design => ({
  ...design,
  features: design.features.filter((each) => each !== feature),
})
const nouns = (words: string, noun?: string): Record<string, string> =>
  Object.fromEntries(words.split(' ').map((word) => [word, noun ?? word]))

/** The question where a status is in doubt: the steps, or none. */
const askSteps = (defaultAnswer: string): SubjectQuestion => ({
  ask: (_many, one) =>
    `Which steps does ${one} pass through, first to last? Name them separated by commas, or answer "none".`,
  impact: 'With steps, the service keeps a status and refuses to skip a step; with none it keeps no status.',
  defaultAnswer,
  category: 'clarification',
  apply: (answer, design) => {
    const steps = readStepList(answer)
    if (steps.length > 0)
      return { ...design, steps, features: [...new Set([...design.features, 'status' as const])] }
    return /^\s*(?:none|no)\b/iu.test(answer) ? without(design, 'status') : design
  },
})

const readLimit = (answer: string, low: number, high: number): number | undefined => {
  const found = Number(/\d{1,5}(?!.*\d)/u.exec(answer)?.[0] ?? Number.NaN)
  return Number.isInteger(found) && found >= low && found <= high ? found : undefined
}

const withMax = (design: Design, name: string, max: number | undefined): Design =>
  max === undefined
    ? design
    : { ...design, fields: design.fields.map((each) => (each.name === name ? { ...each, max } : each)) }

/** In the order of precedence where two words stand at the same place; `contact` words count only alone. */
export const SUBJECTS: readonly Subject[] = [
  {
    name: 'link',
    words: nouns(
      'link url shortener short-link shortlink bookmark redirect hyperlink lien enlace raccourcisseur acortador linkverkürzer',
      'link',
    ),
    verb: /\bshorten/iu,
    title: () => 'Link shortener',
    problem: () =>
      'Long web addresses break when they are printed, read aloud or typed by hand, and the person who passed one on does not learn whether it was opened.',
    fields: [field('url', 'web address'), field('label', 'short text', false)],
    features: ['redirect'],
    steps: [],
    question: {
      ask: () =>
        'When one address is submitted a second time, does it get a new short code or the code it already has?',
      impact:
        'With one code per address the visits of all who submitted it are counted together; with new codes each is counted apart.',
      defaultAnswer: 'A new code each time',
      choices: ['A new code each time', 'The code it already has'],
      category: 'clarification',
      apply: (answer, design) => ({
        ...design,
        reuseCode: /\b(?:same|already has|existing|one code|reuse|old)\b/iu.test(answer),
      }),
    },
  },
  {
    name: 'invoice',
    words: {
      ...nouns('invoice invoicing billing rechnung facture factura fattura', 'invoice'),
      bill: 'bill',
      quote: 'quote',
      estimate: 'estimate',
    },
    title: (noun) => `${noun} register`,
    problem: (many) =>
      `Without one place for ${many}, the open amount is unknown and an overdue one is noticed late or never.`,
    fields: [
      field('customer', 'short text'),
      field('amount', 'amount'),
      field('due', 'date'),
      field('note', 'short text', false),
    ],
    features: ['status', 'overdue', 'total', 'change'],
    steps: ['draft', 'sent', 'paid'],
    question: askSteps('draft, sent, paid'),
  },
  {
    name: 'poll',
    words: {
      ...nouns('poll vote voting ballot umfrage sondage encuesta', 'poll'),
      survey: 'survey',
      election: 'election',
    },
    title: (noun) => `${noun} service`,
    problem: (many) =>
      `Opinions that are collected by word of mouth are counted twice or lost; ${many} with one count settle what a group wants.`,
    fields: [field('question', 'short text'), field('options', 'list of short texts')],
    features: ['vote', 'results'],
    steps: [],
    question: {
      ask: (many) => `May one person vote more than once in one of the ${many}?`,
      impact:
        'With one vote per voter the service keeps voter names and refuses a second vote; otherwise it only counts.',
      defaultAnswer: 'No, one vote per voter name',
      choices: ['No, one vote per voter name', 'Yes, as often as they please'],
      category: 'validation',
      apply: (answer, design) => ({ ...design, oneVote: !isYes(answer) }),
    },
  },
  {
    name: 'booking',
    words: {
      ...nouns('booking buchung', 'booking'),
      ...nouns('reservation reservierung réservation reserva', 'reservation'),
      ...nouns('appointment termin cita rendez-vous', 'appointment'),
      rental: 'rental',
      schedule: 'booking',
      scheduling: 'booking',
      calendar: 'booking',
    },
    verb: /(?:^|\b(?:to|can|people|who|they|users|customers|let|us|we|me|i) )(?:book|reserve) /iu,
    title: (noun) => `${noun} calendar`,
    problem: (many) =>
      `When ${many} are kept in heads and on paper, two people are promised the same place at the same time.`,
    fields: [
      field('place', 'short text'),
      field('name', 'short text'),
      field('start', 'date and time'),
      field('end', 'date and time'),
    ],
    features: ['apart'],
    steps: [],
    question: {
      ask: (many) => `May two ${many} of the same place overlap in time?`,
      impact: 'If they may not, the service compares each new one with those stored and refuses a clash.',
      defaultAnswer: 'No',
      choices: ['No', 'Yes'],
      category: 'validation',
      apply: (answer, design) => (isYes(answer) ? without(design, 'apart') : design),
    },
  },
  {
    name: 'stock',
    words: {
      ...nouns(
        'inventory stock warehouse stockroom pantry storeroom lager inventar inventaire inventario',
        'item',
      ),
      supply: 'item',
      spare: 'part',
    },
    title: (noun) => `${noun} inventory`,
    problem: (many) => `Nobody knows how much of the ${many} is left until a shelf is empty.`,
    fields: [
      field('name', 'short text'),
      field('quantity', 'whole number'),
      field('minimum', 'whole number', false),
    ],
    features: ['stock', 'low', 'change'],
    steps: [],
    question: {
      ask: (many) => `May the quantity of ${many} fall below zero?`,
      impact: 'If it may not, the service refuses a withdrawal above what is left.',
      defaultAnswer: 'No',
      choices: ['No', 'Yes'],
      category: 'validation',
      apply: (answer, design) => ({ ...design, allowDebt: isYes(answer) }),
    },
  },
  {
    name: 'feedback',
    words: {
      ...nouns('feedback comment guestbook commentaire kommentar comentario', 'comment'),
      review: 'review',
      suggestion: 'suggestion',
      complaint: 'complaint',
      testimonial: 'testimonial',
    },
    title: (noun) => `${noun} board`,
    problem: (many) =>
      `${many} given in passing are forgotten, and an average that nobody can recount convinces nobody.`,
    fields: [
      field('author', 'short text', false),
      field('message', 'long text'),
      field('rating', 'whole number', true, 5),
    ],
    features: ['average'],
    steps: [],
    question: {
      ask: (many) => `On which scale do ${many} rate: 1 to 5, or 1 to another number?`,
      impact: 'The scale bounds what the service accepts and what the average means.',
      defaultAnswer: '1 to 5',
      choices: ['1 to 5', '1 to 10'],
      category: 'clarification',
      apply: (answer, design) => withMax(design, 'rating', readLimit(answer, 2, 100)),
    },
  },
  {
    name: 'expense',
    words: {
      ...nouns('expense budget spending ausgabe dépense gasto', 'expense'),
      cost: 'cost',
      donation: 'donation',
      purchase: 'purchase',
    },
    title: (noun) => `${noun} ledger`,
    problem: (many) =>
      `${many} that are not written down on their day cannot be added up at the end of a month.`,
    fields: [
      field('description', 'short text'),
      field('amount', 'amount'),
      field('day', 'date'),
      field('category', 'short text', false),
    ],
    features: ['total', 'change'],
    steps: [],
    question: askSteps('none'),
  },
  {
    name: 'task',
    words: {
      ...nouns('task todo to-do todos to-dos aufgabe tâche tarea compito', 'task'),
      chore: 'chore',
      errand: 'errand',
      checklist: 'task',
      ticket: 'ticket',
      issue: 'issue',
      bug: 'bug',
      reminder: 'reminder',
      kanban: 'task',
    },
    title: (noun) => `${noun} list`,
    problem: (many) =>
      `${many} that live in messages and heads are done twice or not at all, and nobody sees which are still open.`,
    fields: [field('title', 'short text'), field('detail', 'long text', false), field('due', 'date', false)],
    features: ['status', 'change'],
    steps: ['open', 'done'],
    question: askSteps('open, done'),
  },
  {
    name: 'recipe',
    words: nouns('recipe rezept cookbook recette ricetta receta', 'recipe'),
    title: (noun) => `${noun} collection`,
    problem: (many) =>
      `${many} on cards, in books and in messages cannot be found by an ingredient, and the one who knows them by heart may be out.`,
    fields: [
      field('title', 'short text'),
      field('ingredients', 'long text'),
      field('method', 'long text', true, 10_000),
      field('servings', 'whole number', false, 100),
    ],
    features: ['search', 'change'],
    steps: [],
    question: {
      ask: (many) => `For how many servings may one of the ${many} be written down at most?`,
      impact: 'The limit bounds the servings that the service accepts.',
      defaultAnswer: '100 servings',
      category: 'clarification',
      apply: (answer, design) => withMax(design, 'servings', readLimit(answer, 2, 1000)),
    },
  },
  {
    name: 'loan',
    words: nouns('loan lending borrowing ausleihe', 'loan'),
    verb: /\b(?:lend|borrow)s?\b/iu,
    title: (noun) => `${noun} register`,
    problem: (many) =>
      `Without a list of ${many}, what was lent is forgotten, and nobody can say who has it and since when it is due.`,
    fields: [
      field('item', 'short text'),
      field('borrower', 'short text'),
      field('due', 'date'),
      field('note', 'short text', false),
    ],
    features: ['status', 'overdue', 'search', 'change'],
    steps: ['lent', 'returned'],
    question: askSteps('lent, returned'),
  },
  {
    name: 'quiz',
    words: nouns('quiz trivia flashcard', 'question'),
    title: () => 'Quiz questions',
    problem: (many) =>
      `${many} that are read from a sheet wear out after one evening, and nobody keeps those that went well.`,
    fields: [
      field('question', 'short text'),
      field('answer', 'short text'),
      field('hint', 'short text', false),
    ],
    features: ['search', 'change'],
    steps: [],
    question: askSteps('none'),
    implied: ['a player answers questions and is told the score'],
  },
  {
    name: 'reading',
    words: nouns('sensor measurement telemetry temperature humidity thermometer', 'reading'),
    title: (noun) => `${noun} log`,
    problem: (many) =>
      `${many} that nobody writes down are gone, and what a place was like on a day can no longer be told.`,
    fields: [
      field('sensor', 'short text'),
      field('value', 'amount'),
      field('unit', 'short text'),
      field('taken', 'date and time'),
    ],
    features: ['search', 'export'],
    steps: [],
    question: askSteps('none'),
    caveat: 'A value is a number of at least 0 with 2 decimals, so that values below 0 are refused.',
  },
  {
    name: 'note',
    words: {
      ...nouns('note notebook notepad notiz nota notizbuch', 'note'),
      wiki: 'article',
      'knowledge-base': 'article',
      article: 'article',
      blog: 'post',
      journal: 'entry',
      diary: 'entry',
      snippet: 'snippet',
      faq: 'article',
    },
    title: (noun) => `${noun} collection`,
    problem: (many) =>
      `${many} scattered over files and messages cannot be found again by a word that stands in them.`,
    fields: [field('title', 'short text'), field('body', 'long text', true, 10_000)],
    features: ['search', 'change'],
    steps: [],
    question: {
      ask: (many) => `How many characters may the body of ${many} hold, up to 20000?`,
      impact: 'The limit decides what is stored and what is refused.',
      defaultAnswer: '10000 characters',
      category: 'clarification',
      apply: (answer, design) => withMax(design, 'body', readLimit(answer, 100, 20_000)),
    },
  },
]

/** What a person or company is to a business; in other ideas these words only say for whom it is. */
export const CONTACT: Subject = {
  name: 'contact',
  words: {
    ...nouns('contact crm address-book addressbook kontakt contacto', 'contact'),
    customer: 'customer',
    client: 'client',
    member: 'member',
    lead: 'lead',
    guest: 'guest',
    patient: 'patient',
  },
  title: (noun) => `${noun} directory`,
  problem: (many) => `Addresses of ${many} sit in more than one place, each in another version.`,
  fields: [
    field('name', 'short text'),
    field('email', 'email address', false),
    field('phone', 'short text', false),
    field('note', 'long text', false),
  ],
  features: ['search', 'change'],
  steps: [],
  question: askSteps('none'),
}

/** Anything else: a named thing with a day and a remark. */
export const GENERIC: Subject = {
  name: 'generic',
  words: {},
  title: (noun) => `${noun} tracker`,
  problem: (many) =>
    `Without one place to write ${many} down, they are forgotten, and nobody can say how they went.`,
  fields: [field('name', 'short text'), field('day', 'date', false), field('remark', 'long text', false)],
  features: ['change'],
  steps: [],
  question: askSteps('none'),
}
