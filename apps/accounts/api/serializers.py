from allauth.mfa.models import Authenticator
from rest_framework import serializers

from apps.accounts.choices import Discipline, SystemRole
from apps.accounts.models import Institution, User


class InstitutionSerializer(serializers.ModelSerializer[Institution]):
    class Meta:
        model = Institution
        fields = ["id", "name"]


class PersonSerializer(serializers.ModelSerializer[User]):
    """A colleague, as others see them."""

    institution = InstitutionSerializer(read_only=True)

    class Meta:
        model = User
        fields = ["id", "display_name", "discipline", "institution", "is_trainee"]
        read_only_fields = fields


class MeSerializer(serializers.ModelSerializer[User]):
    institution = InstitutionSerializer(read_only=True)
    system_roles = serializers.SerializerMethodField()
    totp_enabled = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = [
            "id",
            "email",
            "display_name",
            "discipline",
            "institution",
            "is_trainee",
            "system_roles",
            "totp_enabled",
        ]
        read_only_fields = fields

    def get_system_roles(self, user: User) -> list[str]:
        return sorted(row.role for row in user.roles.all())

    def get_totp_enabled(self, user: User) -> bool:
        return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())


class PersonCreateSerializer(serializers.Serializer[None]):
    email = serializers.EmailField()
    display_name = serializers.CharField(max_length=200)
    password = serializers.CharField(max_length=200, write_only=True)
    discipline = serializers.ChoiceField(choices=Discipline.choices)
    institution = serializers.PrimaryKeyRelatedField(
        queryset=Institution.objects.all(), required=False, allow_null=True
    )
    system_roles = serializers.ListField(
        child=serializers.ChoiceField(choices=SystemRole.choices), required=False, default=list
    )
    is_trainee = serializers.BooleanField(default=False)


class PersonAdminSerializer(PersonSerializer):
    """A person, as the system administrator sees them."""

    system_roles = serializers.SerializerMethodField()

    class Meta(PersonSerializer.Meta):
        fields = [*PersonSerializer.Meta.fields, "email", "is_active", "system_roles"]
        read_only_fields = fields

    def get_system_roles(self, user: User) -> list[str]:
        return sorted(row.role for row in user.roles.all())


class PersonPatchSerializer(serializers.Serializer[None]):
    is_active = serializers.BooleanField()
