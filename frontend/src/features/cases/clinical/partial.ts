import { formatDate, formatDateTime } from '@/ui/format'

/** A date as exact as it is known: "14 Mar 2026", "Mar 2026", "2026". */
export function formatPartial(value: string | null | undefined): string {
  if (!value) return ''
  if (/^\d{4}$/.test(value)) return value
  const month = /^(\d{4})-(\d{2})$/.exec(value)
  if (month) {
    const first = new Date(Number(month[1]), Number(month[2]) - 1, 1)
    return new Intl.DateTimeFormat(navigator.language, { month: 'short', year: 'numeric' }).format(first)
  }
  return /^\d{4}-\d{2}-\d{2}$/.test(value) ? formatDate(value) : formatDateTime(value)
}

export const isPartial = (value: string): boolean => value === '' || /^\d{4}(-\d{2}(-\d{2})?)?$/.test(value)
