"""The DICOMweb gateway: a standard root per case, for whoever may see that case (PS3.18)."""
