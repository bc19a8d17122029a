import type { ColumnRole, TimeUnit } from '../contract/records.ts'
import { findUnit } from './durations.ts'

type NamedRole = Exclude<ColumnRole, 'other'>

/** Lower case, without accents, every run of anything but letters and digits as one space. */
export const normalise = (name: string): string =>
  name
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/ß/gu, 'ss')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()

/**
 * Words of headers in English, German, French and Spanish, normalised. The order counts: an hourly rate
 * names hours and a count of cases names cases, so rate and count are asked before duration and text.
 */
const WORDS: readonly (readonly [NamedRole, string])[] = [
  ['rate', 'rate salary wage stundensatz stundenlohn satz kostensatz lohn taux tarif tarifa salario sueldo'],
  ['unit', 'unit units uom einheit zeiteinheit unite unidad unidades'],
  [
    'count',
    'count quantity qty occurrences frequency volume times cases anzahl menge haufigkeit stuck ' +
      'nombre quantite frequence cantidad frecuencia veces',
  ],
  [
    'duration',
    'duration time effort estimate estimated spent elapsed worked dauer zeit aufwand zeitaufwand arbeitszeit ' +
      'bearbeitungszeit bearbeitungsdauer arbeitsstunden duree temps effort duracion tiempo esfuerzo',
  ],
  [
    'category',
    'category categories type kind class group topic tag area process reason kategorie art typ gruppe ' +
      'thema bereich prozess ursache grund categorie genre theme groupe domaine motif processus ' +
      'categoria tipo clase grupo motivo tema proceso',
  ],
  [
    'text',
    'description task tasks activity text summary subject title details detail note notes comment work ' +
      'action beschreibung aufgabe tatigkeit vorgang betreff titel notiz bemerkung inhalt arbeit ' +
      'tache activite libelle objet intitule commentaire descripcion tarea actividad asunto titulo detalle comentario',
  ],
  [
    'person',
    'person name employee agent owner assignee user team department staff who by mitarbeiter mitarbeiterin ' +
      'bearbeiter bearbeiterin zustandig abteilung nutzer personne employe equipe responsable service nom ' +
      'persona empleado empleada equipo responsable departamento usuario nombre',
  ],
  ['date', 'date day when month created datum tag monat erstellt jour mois fecha dia mes'],
]

const ROLES: ReadonlyMap<string, readonly NamedRole[]> = (() => {
  const found = new Map<string, NamedRole[]>()
  for (const [role, words] of WORDS)
    for (const word of words.split(' ')) found.set(word, [...(found.get(word) ?? []), role])
  return found
})()

/** Names that identify or order a record, money, and instants: they look like what we search and are not. */
const NOT_RECORDS =
  /\b(?:id|ids|nr|no|number|nummer|numero|key|index|start|end|begin|beginn|ende|debut|fin|inicio|amount|total|price|cost|betrag|summe|preis|kosten|montant|prix|cout|importe|precio|coste|email|phone|url|link|status)\b/u

/** Words that make a rate of what stands before them: per hour, pro Stunde, par heure, por hora, hourly. */
const RATE =
  /\b(?:hourly|horaire|(?:per|pro|par|por|je|eur|usd|gbp|chf) (?:h|hr|hour|std|stunde|heure|hora))\b/u

/** Every role that a header's words may mean, likeliest first. */
export const findRoles = (header: string): readonly NamedRole[] => {
  const name = normalise(header)
  if (name === '') return []
  if (RATE.test(name) || /[€$£]\s*\/\s*h/iu.test(header)) return ['rate']
  const words = name.split(' ')
  const found = new Set(words.flatMap((word) => ROLES.get(word) ?? []))
  if (NOT_RECORDS.test(name)) for (const role of ['duration', 'text', 'category'] as const) found.delete(role)
  const roles = WORDS.map(([role]) => role).filter((role) => found.has(role))
  // A unit says more than any word beside it: number of minutes, Anzahl Stunden, total hours.
  return findHeaderUnits(header).size > 0
    ? ['duration', ...roles.filter((role) => role !== 'duration')]
    : roles
}

/** A unit that a header names; `unread` for those without a fixed number of minutes, or too fine to plan by. */
export type HeaderUnit = TimeUnit | 'unread'

const UNREAD =
  /^(?:s|sec|secs|seconds?|sek|sekunden?|secondes?|segundos?|days?|tage?|jours?|dias?|weeks?|wochen?)$/u

/** All units that a header names: hours (h), Dauer in Minuten, Arbeitsstunden, hours and minutes. */
const findHeaderUnits = (header: string): ReadonlySet<HeaderUnit> => {
  const words = normalise(header).split(' ')
  const last = words.at(-1) ?? ''
  const units = new Set<HeaderUnit>()
  for (const [index, word] of words.entries()) {
    // One letter is a unit only where units stand: alone, or at the end as in "time (h)" and "time in h".
    const unit = word.length > 1 || index === words.length - 1 ? findUnit(word) : undefined
    if (unit === 'hours' || unit === 'minutes') units.add(unit)
    else if (word.endsWith('stunden')) units.add('hours')
    else if (word.endsWith('minuten')) units.add('minutes')
  }
  // "Day" alone is a date; after a word of time it is a unit.
  const isTime = words.length > 1 && words.some((word) => ROLES.get(word)?.includes('duration') === true)
  if (isTime && UNREAD.test(last)) units.add('unread')
  return units
}

/** The one unit that a header names, undefined when it names none or several. */
export const getHeaderUnit = (header: string): HeaderUnit | undefined => {
  const units = [...findHeaderUnits(header)]
  return units.length === 1 ? units[0] : undefined
}

/** Whether the header is nothing but the unit: such a pair, Hours and Minutes, holds one duration in two columns. */
export const isBareUnit = (header: string): boolean => findUnit(normalise(header)) !== undefined

/** Whether the header may as well mean a time of day: nothing tells 9:15 in the morning from nine hours and a quarter. */
export const isBareTime = (header: string): boolean => /^(?:time|zeit|heure|hora)$/u.test(normalise(header))

const TOTALS =
  /^(?:(?:grand |sub)?totals?|sum|summe|gesamt|gesamtsumme|zwischensumme|total general|somme|suma)$/u

/** Whether this is the label of a line that adds the others up. */
export const isTotalLabel = (text: string): boolean => text.length <= 40 && TOTALS.test(normalise(text))
