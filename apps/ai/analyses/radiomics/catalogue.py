"""Every feature offered: name, permanent identifier, unit, and how its matrices are put together.

Source: IBSI reference manual, chapter 3; names are those of its reference table. A feature without
a consensus value there (oriented box, minimum enclosing ellipsoid, area under the IVH) is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

#: "mm3" and the like are units; U stands for the unit of the intensities.
_PLAIN = """
morph_volume               RNU0 mm3  Volume (mesh)
morph_vol_approx           YEKZ mm3  Volume (voxel counting)
morph_area_mesh            C0JK mm2  Surface area (mesh)
morph_av                   2PR5 1/mm Surface to volume ratio
morph_comp_1               SKGS 1    Compactness 1
morph_comp_2               BQWJ 1    Compactness 2
morph_sph_dispr            KRCK 1    Spherical disproportion
morph_sphericity           QCFX 1    Sphericity
morph_asphericity          25C7 1    Asphericity
morph_com                  KLMA mm   Centre of mass shift
morph_diam                 L0JK mm   Maximum 3D diameter
morph_pca_maj_axis         TDIC mm   Major axis length
morph_pca_min_axis         P9VJ mm   Minor axis length
morph_pca_least_axis       7J51 mm   Least axis length
morph_pca_elongation       Q3CK 1    Elongation
morph_pca_flatness         N17B 1    Flatness
morph_vol_dens_aabb        PBX1 1    Volume density (axis-aligned bounding box)
morph_area_dens_aabb       R59B 1    Area density (axis-aligned bounding box)
morph_vol_dens_aee         6BDE 1    Volume density (approximate enclosing ellipsoid)
morph_area_dens_aee        RDD2 1    Area density (approximate enclosing ellipsoid)
morph_vol_dens_conv_hull   R3ER 1    Volume density (convex hull)
morph_area_dens_conv_hull  7T7F 1    Area density (convex hull)
morph_integ_int            99N0 U.mm3 Integrated intensity
morph_moran_i              N365 1    Moran's I index
morph_geary_c              NPT7 1    Geary's C measure
loc_peak_loc               VJGA U    Local intensity peak
loc_peak_glob              0F91 U    Global intensity peak
stat_mean                  Q4LE U    Mean intensity
stat_var                   ECT3 U2   Intensity variance
stat_skew                  KE2A 1    Intensity skewness
stat_kurt                  IPH6 1    Intensity kurtosis (excess)
stat_median                Y12H U    Median intensity
stat_min                   1GSF U    Minimum intensity
stat_p10                   QG58 U    10th intensity percentile
stat_p90                   8DWT U    90th intensity percentile
stat_max                   84IY U    Maximum intensity
stat_iqr                   SALO U    Intensity interquartile range
stat_range                 2OJQ U    Intensity range
stat_mad                   4FUA U    Intensity mean absolute deviation
stat_rmad                  1128 U    Intensity robust mean absolute deviation
stat_medad                 N72L U    Intensity median absolute deviation
stat_cov                   7TET 1    Intensity coefficient of variation
stat_qcod                  9S40 1    Intensity quartile coefficient of dispersion
stat_energy                N8CA U2   Intensity energy
stat_rms                   5ZWQ U    Root mean square intensity
ih_mean                    X6K6 1    Mean discretised intensity
ih_var                     CH89 1    Discretised intensity variance
ih_skew                    88K1 1    Discretised intensity skewness
ih_kurt                    C3I7 1    Discretised intensity kurtosis (excess)
ih_median                  WIFQ 1    Median discretised intensity
ih_min                     1PR8 1    Minimum discretised intensity
ih_p10                     GPMT 1    10th discretised intensity percentile
ih_p90                     OZ0C 1    90th discretised intensity percentile
ih_max                     3NCY 1    Maximum discretised intensity
ih_mode                    AMMC 1    Intensity histogram mode
ih_iqr                     WR0O 1    Discretised intensity interquartile range
ih_range                   5Z3W 1    Discretised intensity range
ih_mad                     D2ZX 1    Discretised intensity mean absolute deviation
ih_rmad                    WRZB 1    Discretised intensity robust mean absolute deviation
ih_medad                   4RNL 1    Discretised intensity median absolute deviation
ih_cov                     CWYJ 1    Discretised intensity coefficient of variation
ih_qcod                    SLWD 1    Discretised intensity quartile coefficient of dispersion
ih_entropy                 TLU2 1    Discretised intensity entropy
ih_uniformity              BJ5W 1    Discretised intensity uniformity
ih_max_grad                12CE 1    Maximum histogram gradient
ih_max_grad_g              8E6O 1    Maximum histogram gradient intensity
ih_min_grad                VQB3 1    Minimum histogram gradient
ih_min_grad_g              RHQZ 1    Minimum histogram gradient intensity
ivh_v10                    BC2M 1    Volume fraction at 10 % intensity
ivh_v90                    BC2M 1    Volume fraction at 90 % intensity
ivh_i10                    GBPN U    Intensity at 10 % volume
ivh_i90                    GBPN U    Intensity at 90 % volume
ivh_diff_v10_v90           DDTU 1    Volume fraction difference between 10 % and 90 % intensity
ivh_diff_i10_i90           CNV2 U    Intensity difference between 10 % and 90 % volume
"""

_CO_OCCURRENCE = """
cm_joint_max         GYBY Joint maximum
cm_joint_avg         60VM Joint average
cm_joint_var         UR99 Joint variance
cm_joint_entr        TU9B Joint entropy
cm_diff_avg          TF7R Difference average
cm_diff_var          D3YU Difference variance
cm_diff_entr         NTRS Difference entropy
cm_sum_avg           ZGXS Sum average
cm_sum_var           OEEB Sum variance
cm_sum_entr          P6QZ Sum entropy
cm_energy            8ZQL Angular second moment
cm_contrast          ACUI Contrast
cm_dissimilarity     8S9J Dissimilarity
cm_inv_diff          IB1Z Inverse difference
cm_inv_diff_norm     NDRX Normalised inverse difference
cm_inv_diff_mom      WF0Z Inverse difference moment
cm_inv_diff_mom_norm 1QCO Normalised inverse difference moment
cm_inv_var           E8JP Inverse variance
cm_corr              NI2N Correlation
cm_auto_corr         QWB0 Autocorrelation
cm_clust_tend        DG8W Cluster tendency
cm_clust_shade       7NFM Cluster shade
cm_clust_prom        AE86 Cluster prominence
cm_info_corr1        R8DG First measure of information correlation
cm_info_corr2        JN9H Second measure of information correlation
"""

_RUN_LENGTH = """
rlm_sre       22OV Short runs emphasis
rlm_lre       W4KF Long runs emphasis
rlm_lgre      V3SW Low grey level run emphasis
rlm_hgre      G3QZ High grey level run emphasis
rlm_srlge     HTZT Short run low grey level emphasis
rlm_srhge     GD3A Short run high grey level emphasis
rlm_lrlge     IVPO Long run low grey level emphasis
rlm_lrhge     3KUM Long run high grey level emphasis
rlm_glnu      R5YN Grey level non-uniformity of runs
rlm_glnu_norm OVBL Normalised grey level non-uniformity of runs
rlm_rlnu      W92Y Run length non-uniformity
rlm_rlnu_norm IC23 Normalised run length non-uniformity
rlm_r_perc    9ZK5 Run percentage
rlm_gl_var    8CE5 Grey level variance of runs
rlm_rl_var    SXLW Run length variance
rlm_rl_entr   HJ9O Run entropy
"""

_ZONES_AND_NEIGHBOURS = """
szm_sze        5QRC Small zone emphasis
szm_lze        48P8 Large zone emphasis
szm_lgze       XMSY Low grey level zone emphasis
szm_hgze       5GN9 High grey level zone emphasis
szm_szlge      5RAI Small zone low grey level emphasis
szm_szhge      HW1V Small zone high grey level emphasis
szm_lzlge      YH51 Large zone low grey level emphasis
szm_lzhge      J17V Large zone high grey level emphasis
szm_glnu       JNSA Grey level non-uniformity of zones
szm_glnu_norm  Y1RO Normalised grey level non-uniformity of zones
szm_zsnu       4JP3 Zone size non-uniformity
szm_zsnu_norm  VB3A Normalised zone size non-uniformity
szm_z_perc     P30P Zone percentage
szm_gl_var     BYLV Grey level variance of zones
szm_zs_var     3NSA Zone size variance
szm_zs_entr    GU8N Zone size entropy
dzm_sde        0GBI Small distance emphasis
dzm_lde        MB4I Large distance emphasis
dzm_lgze       S1RA Low grey level zone emphasis (distance)
dzm_hgze       K26C High grey level zone emphasis (distance)
dzm_sdlge      RUVG Small distance low grey level emphasis
dzm_sdhge      DKNJ Small distance high grey level emphasis
dzm_ldlge      A7WM Large distance low grey level emphasis
dzm_ldhge      KLTH Large distance high grey level emphasis
dzm_glnu       VFT7 Grey level non-uniformity of distance zones
dzm_glnu_norm  7HP3 Normalised grey level non-uniformity of distance zones
dzm_zdnu       V294 Zone distance non-uniformity
dzm_zdnu_norm  IATH Normalised zone distance non-uniformity
dzm_z_perc     VIWW Distance zone percentage
dzm_gl_var     QK93 Grey level variance of distance zones
dzm_zd_var     7WT1 Zone distance variance
dzm_zd_entr    GBDU Zone distance entropy
ngt_coarseness QCDE Coarseness
ngt_contrast   65HE Contrast (neighbourhood)
ngt_busyness   NQ30 Busyness
ngt_complexity HDEZ Complexity
ngt_strength   1X9X Strength
ngl_lde        SODN Low dependence emphasis
ngl_hde        IMOQ High dependence emphasis
ngl_lgce       TL9H Low grey level count emphasis
ngl_hgce       OAE7 High grey level count emphasis
ngl_ldlge      EQ3F Low dependence low grey level emphasis
ngl_ldhge      JA6D Low dependence high grey level emphasis
ngl_hdlge      NBZI High dependence low grey level emphasis
ngl_hdhge      9QMG High dependence high grey level emphasis
ngl_glnu       FP8K Grey level non-uniformity of dependence
ngl_glnu_norm  5SPA Normalised grey level non-uniformity of dependence
ngl_dcnu       Z87G Dependence count non-uniformity
ngl_dcnu_norm  OKJI Normalised dependence count non-uniformity
ngl_dc_perc    6XV8 Dependence count percentage
ngl_gl_var     1PFV Grey level variance of dependence
ngl_dc_var     DNX2 Dependence count variance
ngl_dc_entr    FCBV Dependence count entropy
ngl_dc_energy  CAS9 Dependence count energy
"""

#: By slice and direction averaged; by slice, directions merged; by direction, slices merged; all
#: merged; by direction in 3D averaged; all directions in 3D merged.
DIRECTIONAL = {
    "2D_avg": "BTW3",
    "2D_comb": "SUJT",
    "2_5D_avg": "JJUI",
    "2_5D_comb": "ZW7Z",
    "3D_avg": "ITBB",
    "3D_comb": "IAZD",
}
#: By slice averaged; slices merged; in 3D.
VOLUMETRIC = {"2D": "8QNN", "2_5D": "62GR", "3D": "KOBO"}


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature as it is offered; ``unit`` holds U where the intensity's own unit goes."""

    code: str
    ibsi_id: str
    name: str
    unit: str
    aggregation: str = ""
    aggregation_id: str = ""

    def unit_of(self, intensity_unit: str) -> str:
        if not self.unit.startswith("U"):
            return self.unit
        power = self.unit[1:]
        if intensity_unit == "1":
            return power.removeprefix(".") if power.startswith(".") else "1"
        return f"({intensity_unit}){power}" if power == "2" else intensity_unit + power


def _rows(table: str, columns: int) -> Iterator[list[str]]:
    for line in table.strip().splitlines():
        yield line.split(maxsplit=columns - 1)


def _matrix_features(table: str, ways: dict[str, str]) -> Iterator[Feature]:
    for code, ibsi_id, name in _rows(table, 3):
        for way, way_id in ways.items():
            yield Feature(f"{code}_{way}", ibsi_id, name, "1", way, way_id)


def matrix_names(prefix: str) -> tuple[str, ...]:
    """Features of one kind of matrix without their aggregation, in the order of the manual."""
    return tuple(
        row[0]
        for table in (_CO_OCCURRENCE, _RUN_LENGTH, _ZONES_AND_NEIGHBOURS)
        for row in _rows(table, 3)
        if row[0].startswith(prefix)
    )


FEATURES: tuple[Feature, ...] = (
    *(Feature(code, ibsi_id, name, unit) for code, ibsi_id, unit, name in _rows(_PLAIN, 4)),
    *_matrix_features(_CO_OCCURRENCE, DIRECTIONAL),
    *_matrix_features(_RUN_LENGTH, DIRECTIONAL),
    *_matrix_features(_ZONES_AND_NEIGHBOURS, VOLUMETRIC),
)
