"""Settings that tests replace, as they are for everybody else."""

from orchestrator import settings


def test_passwords_are_hashed_by_argon2_outside_of_tests():
    assert settings.PASSWORD_HASHERS[0] == "django.contrib.auth.hashers.Argon2PasswordHasher"
