import type { RunPlan } from './run-plan.ts'

/** Price of a model in US dollars per million tokens. `known` is false for the cautious default. */
export type ModelPrice = { readonly inputUsd: number; readonly outputUsd: number; readonly known: boolean }

/**
 * What a model without a price is taken to cost. Too low, and a run with an unlisted model passes its cap
 * before anybody sees it; too high, and it stops early, which a line in prices.yaml mends.
 */
export const CAUTIOUS_PRICE: ModelPrice = { inputUsd: 15, outputUsd: 75, known: false }

/**
 * The price of `model` (an entry such as `openai/NAME`) on `date` (`2026-01-31`): the newest that had begun
 * by then. An entry of the price list names the model with its provider, or by its bare name.
 */
export const getPrice = (prices: RunPlan['prices'], model: string, date: string): ModelPrice => {
  const bare = model.slice(model.indexOf('/') + 1)
  const begun = prices.filter(
    (price) => (price.model === model || price.model === bare) && price.from <= date,
  )
  // Instants of equal form compare as text; the provider's own entry wins over the bare name of the same day.
  const [newest] = begun.toSorted((a, b) =>
    a.from < b.from ? 1 : a.from > b.from ? -1 : Number(b.model === model) - Number(a.model === model),
  )
  return newest === undefined
    ? CAUTIOUS_PRICE
    : { inputUsd: newest.input_usd_per_million, outputUsd: newest.output_usd_per_million, known: true }
}

/** Millionths of a dollar, rounded up: dollars per million tokens are millionths of a dollar per token. */
export const getCostMicros = (price: ModelPrice, inputTokens: number, outputTokens: number): number =>
  Math.ceil(inputTokens * price.inputUsd + outputTokens * price.outputUsd)
