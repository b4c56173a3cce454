import { Button } from '@mantine/core'
import { IconId, IconPhoto, IconSparkles } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import { useCase } from '@/api/cases'
import { useModels } from '@/api/findings'
import type { Finding } from '@/api/types'
import { formatFigure, formatProbability, formatQuantity } from '@/ui/format'

import { ExternalFacts, ExternalMark } from './ExternalMark'
import { FindingHistory } from './FindingHistory'
import { FindingStateChip, useOpened } from './FindingCard'
import { DisputeChip, Opinions } from './Opinions'
import classes from './Findings.module.css'
import { findingUrl } from './links'
import { ModelCardDialog } from './ModelCardDialog'
import { isOpen } from './review'
import { ReviewForm } from './ReviewForm'
import { ReviewLine } from './ReviewLine'
import { useFindingReview } from './useFindingReview'
import { measurementName } from './words'

interface FindingDetailProps {
  finding: Finding
  caseId: string | null
  caseTitle?: string
}

/** One finding with everything a reviewer needs to decide: figures, place, provenance, card. */
export function FindingDetail({ finding, caseId, caseTitle }: FindingDetailProps) {
  const { t } = useTranslation('ai')
  const entry = useCase(caseId ?? '')
  const review = useFindingReview(entry.data?.can ?? [])
  const openedAt = useOpened(finding, true)
  const models = useModels()
  const [isCardOpen, setCardOpen] = useState(false)
  const model = models.data?.find((one) => one.name === finding.model.name)
  const version = model?.versions.find((one) => one.version === finding.model.version)
  return (
    <article className={classes.detail} data-finding={finding.id}>
      <h2 className={classes.detailTitle}>
        <IconSparkles size={20} aria-hidden />
        {finding.label}
        <DisputeChip finding={finding} />
        <ExternalMark finding={finding} />
        <FindingStateChip finding={finding} />
      </h2>
      <div className={classes.dim}>{[caseTitle, finding.code?.display, finding.site?.display].filter(Boolean).join(' · ')}</div>

      <section className={classes.block} aria-label={t('finding.measurements')}>
        <div className={classes.values}>
          {finding.measurements.map((measured) => (
            <div key={measured.quantity} className={classes.value}>
              <div className={classes.valueName}>{measurementName(measured)}</div>
              <div className={classes.valueFigure}>{formatQuantity(measured.value, measured.unit)}</div>
            </div>
          ))}
          <div className={classes.value}>
            <div className={classes.valueName}>{t('finding.probability')}</div>
            {finding.probability === null ? (
              <div className={classes.dim}>{t('finding.probabilityNone')}</div>
            ) : (
              <div className={classes.valueFigure}>{formatProbability(finding.probability)}</div>
            )}
          </div>
        </div>
      </section>

      <section className={classes.block}>
        <h3 className={classes.blockTitle}>{t('finding.evidence')}</h3>
        <dl className={classes.facts}>
          <dt>{t('finding.model')}</dt>
          <dd>
            {finding.model.name} {finding.model.version}
          </dd>
          {finding.centroid_lps && (
            <>
              <dt>{t('finding.place')}</dt>
              <dd>
                {t('finding.lps', {
                  x: formatFigure(finding.centroid_lps[0], 'mm'),
                  y: formatFigure(finding.centroid_lps[1], 'mm'),
                  z: formatFigure(finding.centroid_lps[2], 'mm'),
                })}
              </dd>
            </>
          )}
        </dl>
        <div className={classes.acts}>
          {caseId && (
            <Button component={Link} to={findingUrl(caseId, finding)} leftSection={<IconPhoto size={16} aria-hidden />}>
              {t('finding.show')}
            </Button>
          )}
          <Button variant="default" leftSection={<IconId size={16} aria-hidden />} disabled={!version} onClick={() => setCardOpen(true)}>
            {t('finding.modelCard')}
          </Button>
        </div>
      </section>

      <ExternalFacts finding={finding} />

      <section className={classes.block}>
        <ReviewLine finding={finding} review={review} />
        <Opinions finding={finding} />
        {review && <ReviewForm finding={finding} review={review} openedAt={openedAt} />}
        {isOpen(finding) && entry.data && review?.role !== 'review' && <p className={classes.dim}>{t('review.notYou')}</p>}
        {isOpen(finding) && <p className={classes.dim}>{t('finding.unreviewedNote')}</p>}
        {(finding.review || finding.opinions.length > 0) && <FindingHistory finding={finding} />}
      </section>
      {isCardOpen && model && version && <ModelCardDialog model={model} versionId={version.id} onClose={() => setCardOpen(false)} />}
    </article>
  )
}
