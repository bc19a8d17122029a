import type { Brief } from './brief.ts'
import { HOSTING_PER_YEAR } from './feasibility.ts'

/** Euros a month that one group would pay, by subject. Assumed: nobody was asked, and no price was looked up. */
const PRICES: Readonly<Record<string, number>> = {
  link: 5,
  invoice: 9,
  poll: 4,
  booking: 12,
  stock: 12,
  feedback: 6,
  expense: 4,
  task: 5,
  recipe: 3,
  loan: 6,
  quiz: 4,
  reading: 8,
  note: 4,
  contact: 6,
  generic: 5,
}

const GROUPS = 40
const CHURN = 0.04
/** Of what the assumed groups would bring, half is written down; the cut is what the confidence rests on. */
const CUT = 0.5

/** All amounts in euros; each follows from the assumed figures above by arithmetic. */
export type Economics = {
  readonly currency: 'EUR'
  readonly price: number
  readonly yearlyPrice: number
  readonly groups: number
  readonly arpa: number
  readonly costPerGroup: number
  readonly margin: number
  readonly churn: number
  readonly cac: number
  readonly ltv: number
  readonly ltvCac: number
  readonly paybackMonths: number
  readonly channelCost: number
  readonly yearlyRevenue: number
  readonly hosting: number
  readonly support: number
  readonly winning: number
}

const round = (value: number): number => Math.round(value * 100) / 100

/** The unit economics of a subject; documents that are written side by side take the same figures from here. */
export const getEconomics = ({ idea }: Brief): Economics => {
  const price = PRICES[idea.subject.name] ?? 5
  // Four of five pay by the month; the fifth pays ten months for a year.
  const yearlyPrice = price * 10
  const arpa = round((4 * price + yearlyPrice / 12) / 5)
  const costPerGroup = round(arpa * 0.2)
  const margin = 0.8
  const cac = round(price * 4)
  const ltv = round((arpa * margin) / CHURN)
  return {
    currency: 'EUR',
    price,
    yearlyPrice,
    groups: GROUPS,
    arpa,
    costPerGroup,
    margin,
    churn: CHURN,
    cac,
    ltv,
    ltvCac: round(ltv / cac),
    paybackMonths: round(cac / (arpa * margin)),
    channelCost: round((cac * GROUPS) / 12),
    yearlyRevenue: round(arpa * 12 * GROUPS * CUT),
    hosting: HOSTING_PER_YEAR,
    support: round(costPerGroup * 12 * GROUPS * CUT),
    winning: round(cac * GROUPS * CUT),
  }
}

export const ASSUMED = 'Assumed by rules; nobody was asked, and no price was looked up.'
