import { type ReactNode, useEffect, useId } from 'react'
import { useTranslation } from 'react-i18next'

import classes from './Screen.module.css'

interface ScreenProps {
  title: string
  lead?: ReactNode
  /** At most one primary action; it sits last, at the right. */
  actions?: ReactNode
  /** The screen scrolls inside its own panes instead of as a whole. */
  fill?: boolean
  children: ReactNode
}

export function Screen({ title, lead, actions, fill = false, children }: ScreenProps) {
  useDocumentTitle(title)
  return (
    <div className={`${classes.screen} ${fill ? classes.fill : ''}`}>
      <header className={classes.header}>
        <div className={classes.titles}>
          <h1 className={classes.title}>{title}</h1>
          {lead && <p className={classes.lead}>{lead}</p>}
        </div>
        {actions && <div className={classes.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  )
}

/** Titles name the screen, never the patient: they end up in browser history. */
export function useDocumentTitle(title: string): void {
  const { t } = useTranslation()
  const name = t('app.name')
  useEffect(() => {
    document.title = title === name ? name : `${title} · ${name}`
  }, [title, name])
}

interface SectionProps {
  title: string
  count?: number | null
  actions?: ReactNode
  padded?: boolean
  id?: string
  children: ReactNode
}

export function Section({ title, count, actions, padded = false, id, children }: SectionProps) {
  const own = useId()
  const headingId = `${id ?? own}-title`
  return (
    <section className={classes.section} aria-labelledby={headingId} id={id}>
      <div className={classes.sectionHeader}>
        <h2 className={classes.sectionTitle} id={headingId}>
          {title}
        </h2>
        {count !== undefined && count !== null && <span className={classes.count}>{count}</span>}
        {actions && <div className={classes.sectionActions}>{actions}</div>}
      </div>
      <div className={padded ? classes.padded : undefined}>{children}</div>
    </section>
  )
}
