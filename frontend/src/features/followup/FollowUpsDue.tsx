import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import { useFollowUpTasks } from '@/api/followup'
import classes from '@/features/home/Home.module.css'
import { formatDate, formatPatientName } from '@/ui/format'
import { Section } from '@/ui/Screen'

import own from './FollowUp.module.css'
import { TaskState } from './TaskState'

const SOON_DAYS = 7
const SHOWN = 6

/** Follow-ups that are overdue or due within a week; nothing where there are none. */
export function FollowUpsDue() {
  const { t } = useTranslation('followup')
  const due = useFollowUpTasks({ due_within: SOON_DAYS }).data ?? []
  if (due.length === 0) return null
  return (
    <Section title={t('home.title')} count={due.length} actions={<Link to="/follow-up" className={own.link}>{t('home.all')}</Link>}>
      <ul className={classes.list}>
        {due.slice(0, SHOWN).map((task) => (
          <li key={task.id} className={classes.item}>
            <Link to={`/cases/${task.case.id}#follow-up`} className={classes.link}>
              <span className={classes.body}>
                <div className={classes.title}>{task.text}</div>
                <div className={classes.detail}>{[formatPatientName(task.case.patient_name), t('due', { when: formatDate(task.due) }), task.owner.display_name].join(' · ')}</div>
              </span>
              <span className={classes.end}>
                <TaskState task={task} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  )
}
