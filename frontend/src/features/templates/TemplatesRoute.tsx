import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useTemplate, useTemplates } from '@/api/readiness'
import { LoadingRows } from '@/ui/DataTable'
import { formatRelative, wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Screen, Section } from '@/ui/Screen'

import { TemplateForm } from './TemplateForm'
import classes from './Templates.module.css'

/** What a case of each tumour type needs; chairs and coordinators make new versions of it. */
export default function TemplatesRoute() {
  const { t } = useTranslation('templates')
  const templates = useTemplates()
  const [chosen, setChosen] = useState<string | null>(null)
  const current = chosen ?? templates.data?.[0]?.tumour_type ?? null
  return (
    <Screen title={t('title')} lead={t('lead')}>
      {templates.error && !templates.data && <ProblemNotice problem={templates.error} onRetry={() => void templates.refetch()} />}
      {!templates.data && !templates.error && <LoadingRows label={t('common:list.loading')} rows={8} />}
      {templates.data && (
        <div className={classes.layout}>
          <Section title={t('list')} count={templates.data.length}>
            <ul className={classes.types}>
              {templates.data.map((one) => (
                <li key={one.tumour_type}>
                  <button type="button" className={classes.type} aria-current={one.tumour_type === current} onClick={() => setChosen(one.tumour_type)}>
                    <span>{wordFor('tumourType', one.tumour_type)}</span>
                    <span className={classes.dim}>{t('version', { version: one.version })}</span>
                  </button>
                </li>
              ))}
            </ul>
          </Section>
          {current && <OneTemplate key={current} tumourType={current} />}
        </div>
      )}
    </Screen>
  )
}

function OneTemplate({ tumourType }: { tumourType: string }) {
  const { t } = useTranslation('templates')
  const template = useTemplate(tumourType)
  if (template.error && !template.data) return <ProblemNotice problem={template.error} onRetry={() => void template.refetch()} />
  if (!template.data) return <LoadingRows label={t('common:list.loading')} rows={10} />
  const { data } = template
  const changed = data.changed_by ? t('changed', { by: data.changed_by, when: formatRelative(data.changed_at) }) : t('shipped')
  return (
    <div className={classes.form}>
      <div className={classes.dim}>
        {[wordFor('tumourType', tumourType), t('version', { version: data.version }), changed, data.note].filter(Boolean).join(' · ')}
      </div>
      <TemplateForm key={data.version} template={data} />
    </div>
  )
}
