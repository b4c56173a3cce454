import type { Finding, MeasuredQuantity } from '@/api/types'
import { formatDate, formatFigure, formatQuantity, humanise, wordFor } from '@/ui/format'

/** "24 × 18 mm" where both axes are known, each quantity by its name otherwise. */
export function describeMeasurements(measurements: readonly MeasuredQuantity[]): string[] {
  const long = measurements.find((entry) => entry.quantity === 'long_axis')
  const short = measurements.find((entry) => entry.quantity === 'short_axis')
  const rest = measurements.filter((entry) => entry !== long && entry !== short)
  const axes =
    long && short && long.unit === short.unit
      ? [`${formatFigure(long.value, long.unit)} × ${formatQuantity(short.value, short.unit)}`]
      : [long, short].filter((entry) => entry !== undefined).map(describeMeasurement)
  return [...axes, ...rest.map(describeMeasurement)]
}

export function describeMeasurement(measured: MeasuredQuantity): string {
  return `${measurementName(measured)} ${formatQuantity(measured.value, measured.unit)}`
}

/** By the model's own name where it has one, as the classes of a classifier have. */
export const measurementName = ({ quantity, name }: MeasuredQuantity): string => name ?? quantityName(quantity)

export const quantityName = (quantity: string): string => {
  const word = wordFor('quantity', quantity.toLowerCase())
  return word === humanise(quantity.toLowerCase()) ? humanise(quantity) : word
}

export function reviewerName(finding: Finding): string {
  const reviewer = finding.review?.reviewer
  if (!reviewer) return ''
  return typeof reviewer === 'string' ? reviewer : reviewer.display_name
}

export const reviewDate = (finding: Finding): string => formatDate(finding.review?.at)
