/** How often a board meets, as the dialog offers it, and the rule of RFC 5545 that says so. */
export const repeats = ['never', 'weekly', 'fortnightly', 'monthly', 'lastOfMonth'] as const
export type Repeat = (typeof repeats)[number]

const DAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'] as const

/** Which one of its weekday in its month a day is: 1 to 5. */
export const weekOfMonth = (day: string): number => Math.ceil(Number(day.slice(8, 10)) / 7)

/**
 * The rule for meetings like the one on `day` ("YYYY-MM-DD"); null for a single meeting.
 *
 * Not every month has a fifth Tuesday: from the 29th on, "every month" is the last one.
 */
export function ruleFor(repeat: Repeat, day: string): string | null {
  const weekday = DAYS[new Date(`${day}T12:00:00Z`).getUTCDay()]
  switch (repeat) {
    case 'never':
      return null
    case 'weekly':
      return `FREQ=WEEKLY;BYDAY=${weekday}`
    case 'fortnightly':
      return `FREQ=WEEKLY;INTERVAL=2;BYDAY=${weekday}`
    case 'monthly':
      return `FREQ=MONTHLY;BYDAY=${weekOfMonth(day) > 4 ? -1 : weekOfMonth(day)}${weekday}`
    case 'lastOfMonth':
      return `FREQ=MONTHLY;BYDAY=-1${weekday}`
  }
}

/** Where the reader sits, by its IANA name. */
export const localTimeZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone
