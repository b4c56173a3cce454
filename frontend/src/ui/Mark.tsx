/** The mark: people around one table, the image in the middle. */
export function Mark({ size = 22 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden>
      <circle cx="16" cy="16" r="10" fill="none" stroke="var(--c-accent)" strokeWidth="2.6" />
      <circle cx="16" cy="6" r="3.6" fill="var(--c-text)" stroke="var(--c-surface-1)" strokeWidth="1.4" />
      <circle cx="24.7" cy="21" r="3.6" fill="var(--c-text)" stroke="var(--c-surface-1)" strokeWidth="1.4" />
      <circle cx="7.3" cy="21" r="3.6" fill="var(--c-text)" stroke="var(--c-surface-1)" strokeWidth="1.4" />
      <circle cx="16" cy="16" r="2.6" fill="var(--c-ai)" />
    </svg>
  )
}
