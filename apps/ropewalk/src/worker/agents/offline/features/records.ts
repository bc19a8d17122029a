import { readFields, writeFields, type Design } from '../design.ts'
import { getArticle } from '../words.ts'
import type { Feature } from './feature.ts'

const a = ({ noun }: Design) => `${getArticle(noun.one)} ${noun.one}`
const at = ({ noun }: Design) => `/${noun.path}`

/** The address in a sentence such as `POST /links` wins over the one made from the noun. */
const readPath = (sentence: string, design: Design): Design => {
  const path = /\bPOST \/([a-z][a-z0-9-]{1,40})\b/u.exec(sentence)?.[1]
  return path === undefined || path === 'healthz' ? design : { ...design, noun: { ...design.noun, path } }
}

const create: Feature = {
  name: 'create',
  pattern:
    /\b(?:store|stored|stores|create|creates|add|adds|register|registers|submit|shorten)\b.*\bnew\b|\bnew\b.*\b(?:stored|created|added|registered)\b|\b(?:store|create|add|register|submit|shorten)s? an? /iu,
  title: (d) => `Store a new ${d.noun.one}`,
  goal: (d) => `A new ${d.noun.one} is stored after one request that gives ${writeFields(d.fields)}.`,
  statement: (d) =>
    `The service must store a new ${d.noun.one} from a request to POST ${at(d)} that gives ${writeFields(d.fields)}.`,
  acceptance: (d) => [
    `Given a body with every field, when it is sent to POST ${at(d)}, then the answer has status 201 and holds an id and the fields as sent.`,
    `Given a stored ${d.noun.one}, when GET ${at(d)}/ID is called with its id, then the answer has status 200 and the same fields.`,
    `Given an id that was not given out, when GET ${at(d)}/ID is called with it, then the answer has status 404.`,
  ],
  priority: 'must',
  want: (d) => `to store ${a(d)} with one request`,
  soThat: (d) => `the ${d.noun.one} is written down where the others are`,
  read: (sentence, design) => {
    const fields = readFields(sentence)
    return { ...readPath(sentence, design), fields: fields.length > 0 ? fields : design.fields }
  },
}

const refuse: Feature = {
  name: 'refuse',
  pattern:
    /\b(?:refus|reject|invalid|malformed|validat|lacks? an?\b|of another type\b|breaks? (?:a|an|the|its|any) (?:field )?(?:rule|type))/iu,
  title: (d) => `Refuse ${d.noun.many} that break the field rules`,
  goal: () =>
    'A request that lacks a required field, or gives a value of another type, is answered with status 400 and stores nothing.',
  statement: (d) =>
    `The service must answer a request for a new ${d.noun.one} that breaks a field rule with status 400 and the name of the field.`,
  acceptance: (d) => [
    `Given a body without its first required field, when it is sent to POST ${at(d)}, then the answer has status 400, names that field, and the count of stored ${d.noun.many} stays the same.`,
    `Given a body with a field that is not known, when it is sent to POST ${at(d)}, then the answer has status 400.`,
    `Given a body that is not JSON, when it is sent to POST ${at(d)}, then the answer has status 400 and a JSON body.`,
    `Given a body of 70000 bytes, when it is sent to POST ${at(d)}, then the answer has status 413.`,
  ],
  priority: 'must',
  want: (d) => `to be told which field of ${a(d)} is wrong`,
  soThat: (d) => `only complete ${d.noun.many} are kept`,
}

const list: Feature = {
  name: 'list',
  pattern: /\b(?:list|lists|listed|show|shows|view|browse|see)\b|\boldest first\b/iu,
  title: (d) => `List the stored ${d.noun.many}`,
  goal: (d) => `All stored ${d.noun.many} come back from one request, oldest first.`,
  statement: (d) => `The service must list all stored ${d.noun.many}, oldest first, at GET ${at(d)}.`,
  acceptance: (d) => [
    `Given 3 stored ${d.noun.many}, when GET ${at(d)} is called, then the answer has status 200 and 3 items in the order of their ids.`,
    `Given no stored ${d.noun.one}, when GET ${at(d)} is called, then the answer has status 200 and an empty list.`,
  ],
  priority: 'must',
  want: (d) => `to see all ${d.noun.many} in one list`,
  soThat: () => 'none is overlooked',
}

const change: Feature = {
  name: 'change',
  pattern:
    /\b(?:change|changes|changed|update|updates|edit|edits|correct|corrects|replace|replaces)\b|takes? new (?:field )?values/iu,
  title: (d) => `Change a stored ${d.noun.one}`,
  goal: (d) => `A stored ${d.noun.one} takes new field values by one request and keeps its id.`,
  statement: (d) =>
    `The service must replace the given fields of a stored ${d.noun.one} at PATCH ${at(d)}/ID.`,
  acceptance: (d) => [
    `Given a stored ${d.noun.one}, when PATCH ${at(d)}/ID is called with one field, then the answer has status 200, that field is new and the others stay as they were.`,
    `Given a value of another type, when PATCH ${at(d)}/ID is called with it, then the answer has status 400 and the ${d.noun.one} stays as it was.`,
  ],
  priority: 'should',
  want: (d) => `to correct a field of ${a(d)}`,
  soThat: () => 'a mistake is mended without storing it anew',
}

const remove: Feature = {
  name: 'remove',
  pattern: /\b(?:remov|delet)/iu,
  title: (d) => `Remove a stored ${d.noun.one}`,
  goal: (d) => `A stored ${d.noun.one} is removed by one request and answered with status 404 from then on.`,
  statement: (d) => `The service must remove a stored ${d.noun.one} at DELETE ${at(d)}/ID.`,
  acceptance: (d) => [
    `Given a stored ${d.noun.one}, when DELETE ${at(d)}/ID is called, then the answer has status 204 and GET ${at(d)}/ID answers 404.`,
    `Given a removed ${d.noun.one}, when DELETE ${at(d)}/ID is called again, then the answer has status 404.`,
  ],
  priority: 'should',
  want: (d) => `to remove ${a(d)}`,
  soThat: (d) => `the list holds only ${d.noun.many} that count`,
}

const keep: Feature = {
  name: 'keep',
  pattern: /\b(?:restart|persist|surviv|kept in (?:one|a) file)/iu,
  title: (d) => `Keep ${d.noun.many} over a restart`,
  goal: (d) => `Every stored ${d.noun.one} is there again after a restart of the service.`,
  statement: (d) =>
    `The service must keep all ${d.noun.many} in one file, so that they are there again after a restart.`,
  acceptance: (d) => [
    `Given 2 stored ${d.noun.many}, when the service is stopped and started on the same file, then GET ${at(d)} gives the same 2 items.`,
    `Given a removed ${d.noun.one}, when the service is restarted and another is stored, then the new id differs from the removed one.`,
  ],
  priority: 'must',
  want: (d) => `that ${d.noun.many} outlive a restart of the service`,
  soThat: () => 'nothing has to be entered twice',
}

const page: Feature = {
  name: 'page',
  pattern: /\b(?:web ?page|in a browser|html|\bbrowser\b)/iu,
  title: (d) => `Show and add ${d.noun.many} in a browser`,
  goal: (d) => `A web page lists the ${d.noun.many} and adds one by a form with a label for each field.`,
  statement: (d) =>
    `The service must give at GET / a web page that lists the ${d.noun.many} and adds one by a form with a label for each field.`,
  acceptance: (d) => [
    `Given a stored ${d.noun.one}, when GET / is called, then the answer is an HTML page that names it and has one label for each input.`,
    `Given a filled form, when it is sent to POST /, then the answer has status 303 and the page lists the new ${d.noun.one}.`,
    'Given a field that holds markup, when the page is shown, then the markup stands there as text.',
  ],
  priority: 'should',
  want: (d) => `to list and add ${d.noun.many} in a browser`,
  soThat: () => 'no other program is needed',
}

/** What nearly every service of records does. */
export const RECORD_FEATURES: readonly Feature[] = [create, refuse, list, change, remove, keep, page]
