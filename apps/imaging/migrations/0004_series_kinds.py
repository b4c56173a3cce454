from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("imaging", "0003_retention")]

    operations = [
        migrations.AlterField(
            model_name="series",
            name="kind",
            field=models.CharField(
                choices=[
                    ("image", "Image"),
                    ("seg", "Seg"),
                    ("sr", "Sr"),
                    ("rtstruct", "Rtstruct"),
                    ("rtplan", "Rtplan"),
                    ("rtdose", "Rtdose"),
                    ("reg", "Reg"),
                    ("kos", "Kos"),
                    ("pr", "Pr"),
                    ("pdf", "Pdf"),
                    ("parametric_map", "Parametric Map"),
                    ("rwv", "Real World Value"),
                    ("waveform", "Waveform"),
                    ("rtrecord", "Rtrecord"),
                    ("document", "Document"),
                    ("annotation", "Annotation"),
                    ("surface", "Surface"),
                    ("raw", "Raw"),
                    ("other", "Other"),
                ],
                default="other",
                max_length=20,
            ),
        )
    ]
