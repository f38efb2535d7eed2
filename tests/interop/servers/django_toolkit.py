"""django-oauth-toolkit in one file, with its tables in memory."""

import logging

import django
from django.conf import settings
from django.core.management import call_command

import peer

# Its settings for each way to treat a refresh token; the first is the default.
ROTATION = {
    "rotate": {},
    "rotate_revoke_family": {"REFRESH_TOKEN_REUSE_PROTECTION": True},
    "grace_replay": {"REFRESH_TOKEN_GRACE_PERIOD_SECONDS": 30},
    "same": {"ROTATE_REFRESH_TOKEN": False},
}
APPS = ["django.contrib.contenttypes", "django.contrib.auth", "oauth2_provider", "rest_framework"]

SETTINGS = peer.settings()
CHOSEN = SETTINGS.get("rotation", "rotate")
if CHOSEN not in ROTATION:
    peer.unknown(CHOSEN)

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=APPS,
    # The tables as the models want them, without the way through all migrations.
    MIGRATION_MODULES={app.rsplit(".", 1)[-1]: None for app in APPS},
    OAUTH2_PROVIDER=ROTATION[CHOSEN],
    # A cheap one: hashing of passwords is not what is tested here.
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="of no use to anybody",
    USE_TZ=True,
)
django.setup()
# It warns of the password grant, which here takes the place of a person.
logging.getLogger("oauth2_provider").setLevel(logging.ERROR)

from django.contrib.auth import get_user_model
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.test import Client
from django.urls import path
from oauth2_provider.contrib.rest_framework import OAuth2Authentication, TokenHasScope
from oauth2_provider.decorators import protected_resource
from oauth2_provider.models import get_access_token_model, get_application_model
from oauth2_provider.views import TokenView
from rest_framework.response import Response
from rest_framework.views import APIView

Application = get_application_model()


class Me(APIView):
    authentication_classes = [OAuth2Authentication]
    permission_classes = [TokenHasScope]
    required_scopes = ["read"]

    def get(self, request):
        return Response({"me": SETTINGS["clientId"]})


@protected_resource()
def decorated(request):
    """The same behind its other lock, which answers 403 where the first one answers 401."""
    return JsonResponse({"me": SETTINGS["clientId"]})


def mint(request):
    """The password grant, with the application of the person who signs in."""
    application = Application.objects.get()
    application.authorization_grant_type = Application.GRANT_PASSWORD
    application.save()
    fields = {"grant_type": "password", "username": "person", "password": "password"}
    secrets = {"client_id": SETTINGS["clientId"], "client_secret": SETTINGS["clientSecret"]}
    answer = Client(headers={"host": "127.0.0.1"}).post("/token", {**fields, **secrets})
    application.authorization_grant_type = Application.GRANT_CLIENT_CREDENTIALS
    application.save()
    return answer


def forget(request):
    # Ended rather than deleted, which would take the refresh tokens along.
    get_access_token_model().objects.update(expires="2000-01-01T00:00:00Z")
    return JsonResponse({})


urlpatterns = [
    path("token", TokenView.as_view()),
    path("api/me", Me.as_view()),
    path("api/decorated", decorated),
    path("control/mint", mint),
    path("control/forget", forget),
]

call_command("migrate", run_syncdb=True, verbosity=0)
person = get_user_model().objects.create_user("person", password="password")
Application.objects.create(
    client_id=SETTINGS["clientId"],
    client_secret=SETTINGS["clientSecret"],
    client_type=Application.CLIENT_CONFIDENTIAL,
    authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
    user=person,
)
peer.serve(get_wsgi_application())
