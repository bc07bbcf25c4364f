"""Language models that AI nodes may ask, each under a name of its own."""

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from connectors.model import ModelProfile
from flowengine.store import model_profiles
from flowengine.store.model_profiles import ProfileName
from web.forms import read_form
from web.htmx import go_to
from web.render import render
from web.request import AnyRequest, services, workspace
from web.schema_form import SettingField, read_settings, setting_fields
from web.settings.names import key_from, refuse_taken
from web.texts import _
from web.used import Used, used


class ProfilesPage(Struct, frozen=True):
    profiles: tuple[ProfileName, ...]
    fields: tuple[SettingField, ...]
    used: Used


class ModelProfiles(Controller):
    path = "/settings/models"
    include_in_schema = False

    @get()
    async def page(self, request: AnyRequest) -> Response[object]:
        async with workspace(request) as transaction:
            profiles = await model_profiles.model_profiles(transaction)
            by = await used(transaction, "profile")
        fields = setting_fields(ModelProfile.model_json_schema(), {})
        return render(request, "settings/models.html", ProfilesPage(profiles, fields, by))

    @post()
    async def put(self, request: AnyRequest) -> Response[object]:
        form = await read_form(request)
        settings = read_settings(ModelProfile, form, {})
        key = key_from(form, "profile_key")
        async with workspace(request) as transaction:
            there = await model_profiles.model_profiles(transaction)
            refuse_taken(form, key, [each.key for each in there], "profile_key")
            await model_profiles.put_model_profile(
                transaction,
                services(request).vault,
                key,
                msgspec.json.encode(settings),
            )
        return go_to(request, "/settings/models", _("Perfil guardado."))

    @post("/{key:str}/remove")
    async def remove(self, request: AnyRequest, key: FromPath[str]) -> Response[object]:
        async with workspace(request) as transaction:
            await model_profiles.remove_model_profile(transaction, key)
        return go_to(request, "/settings/models", _("Perfil removido."))
