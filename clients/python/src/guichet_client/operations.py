# Made by generate.py from docs/api/openapi.json. Do not edit.
from __future__ import annotations

from typing import overload

from typing_extensions import Literal

from . import schemas


class Calls:
    """What `call` takes and answers, by the name of the operation."""

    @overload
    def call(
        self, operation: Literal["img/generate"], data: schemas.ImgGenerateRequest = ...
    ) -> schemas.ImgGenerateReply: ...

    @overload
    def call(
        self, operation: Literal["img/validate"], data: schemas.ImgValidateRequest
    ) -> schemas.ImgValidateReply: ...

    @overload
    def call(
        self, operation: Literal["player/guest"], data: schemas.PlayerGuestRequest = ...
    ) -> schemas.PlayerGuestReply: ...

    @overload
    def call(
        self, operation: Literal["player/update"], data: schemas.PlayerUpdateRequest
    ) -> schemas.PlayerUpdateReply: ...

    @overload
    def call(
        self, operation: Literal["portrait/file"], data: schemas.PortraitFileRequest
    ) -> schemas.PortraitFileReply: ...

    @overload
    def call(
        self, operation: Literal["portrait/get"], data: schemas.PortraitGetRequest
    ) -> schemas.PortraitGetReply: ...

    @overload
    def call(
        self, operation: Literal["portrait/upload"], data: schemas.PortraitUploadRequest
    ) -> schemas.PortraitUploadReply: ...

    @overload
    def call(
        self, operation: Literal["property/add"], data: schemas.PropertyAddRequest
    ) -> schemas.PropertyAddReply: ...

    @overload
    def call(
        self, operation: Literal["property/delete"], data: schemas.PropertyDeleteRequest
    ) -> schemas.PropertyDeleteReply: ...

    @overload
    def call(
        self, operation: Literal["property/query"], data: schemas.PropertyQueryRequest
    ) -> schemas.PropertyQueryReply: ...

    @overload
    def call(
        self, operation: Literal["property/update"], data: schemas.PropertyUpdateRequest
    ) -> schemas.PropertyUpdateReply: ...

    @overload
    def call(
        self, operation: Literal["rank/around"], data: schemas.RankAroundRequest = ...
    ) -> schemas.RankAroundReply: ...

    @overload
    def call(
        self, operation: Literal["rank/list"], data: schemas.RankListRequest = ...
    ) -> schemas.RankListReply: ...

    @overload
    def call(
        self, operation: Literal["rank/upload"], data: schemas.RankUploadRequest
    ) -> schemas.RankUploadReply: ...

    @overload
    def call(
        self, operation: Literal["report/add"], data: schemas.ReportAddRequest
    ) -> schemas.ReportAddReply: ...

    @overload
    def call(
        self, operation: Literal["round/start"], data: schemas.RoundStartRequest
    ) -> schemas.RoundStartReply: ...

    @overload
    def call(
        self, operation: Literal["score/around"], data: schemas.ScoreAroundRequest
    ) -> schemas.ScoreAroundReply: ...

    @overload
    def call(
        self, operation: Literal["score/board"], data: schemas.ScoreBoardRequest = ...
    ) -> schemas.ScoreBoardReply: ...

    @overload
    def call(
        self, operation: Literal["score/get"], data: schemas.ScoreGetRequest
    ) -> schemas.ScoreGetReply: ...

    @overload
    def call(
        self, operation: Literal["score/of"], data: schemas.ScoreOfRequest
    ) -> schemas.ScoreOfReply: ...

    @overload
    def call(
        self, operation: Literal["score/post"], data: schemas.ScorePostRequest
    ) -> schemas.ScorePostReply: ...

    @overload
    def call(
        self, operation: Literal["score/top"], data: schemas.ScoreTopRequest = ...
    ) -> schemas.ScoreTopReply: ...

    @overload
    def call(
        self, operation: Literal["shop/creat"], data: schemas.ShopCreatRequest
    ) -> schemas.ShopCreatReply: ...

    @overload
    def call(
        self, operation: Literal["shop/create"], data: schemas.ShopCreatRequest
    ) -> schemas.ShopCreatReply: ...

    @overload
    def call(
        self, operation: Literal["shop/get"], data: schemas.ShopGetRequest
    ) -> schemas.ShopGetReply: ...

    @overload
    def call(
        self, operation: Literal["shop/list"], data: schemas.ShopListRequest = ...
    ) -> schemas.ShopListReply: ...

    @overload
    def call(
        self, operation: Literal["shop/update"], data: schemas.ShopUpdateRequest
    ) -> schemas.ShopUpdateReply: ...

    @overload
    def call(
        self, operation: Literal["sms/generate"], data: schemas.SmsGenerateRequest
    ) -> schemas.SmsGenerateReply: ...

    @overload
    def call(
        self, operation: Literal["sms/validate"], data: schemas.SmsValidateRequest
    ) -> schemas.SmsValidateReply: ...

    @overload
    def call(
        self, operation: Literal["user/avatar"], data: schemas.UserAvatarRequest
    ) -> schemas.UserAvatarReply: ...

    @overload
    def call(
        self, operation: Literal["user/end_sessions"], data: schemas.UserEndSessionsRequest = ...
    ) -> schemas.UserEndSessionsReply: ...

    @overload
    def call(
        self, operation: Literal["user/export"], data: schemas.UserExportRequest = ...
    ) -> schemas.UserExportReply: ...

    @overload
    def call(
        self, operation: Literal["user/info"], data: schemas.UserInfoRequest = ...
    ) -> schemas.UserInfoReply: ...

    @overload
    def call(
        self, operation: Literal["user/login"], data: schemas.UserLoginRequest
    ) -> schemas.UserLoginReply: ...

    @overload
    def call(
        self, operation: Literal["user/login_sms"], data: schemas.UserLoginSmsRequest
    ) -> schemas.UserLoginSmsReply: ...

    @overload
    def call(
        self, operation: Literal["user/logout"], data: schemas.UserLogoutRequest = ...
    ) -> schemas.UserLogoutReply: ...

    @overload
    def call(
        self, operation: Literal["user/mobile"], data: schemas.UserMobileRequest
    ) -> schemas.UserMobileReply: ...

    @overload
    def call(
        self, operation: Literal["user/password"], data: schemas.UserPasswordRequest
    ) -> schemas.UserPasswordReply: ...

    @overload
    def call(
        self, operation: Literal["user/register"], data: schemas.UserRegisterRequest
    ) -> schemas.UserRegisterReply: ...

    @overload
    def call(
        self, operation: Literal["user/remove"], data: schemas.UserRemoveRequest = ...
    ) -> schemas.UserRemoveReply: ...

    @overload
    def call(
        self, operation: Literal["user/rename"], data: schemas.UserRenameRequest
    ) -> schemas.UserRenameReply: ...

    @overload
    def call(
        self, operation: Literal["user/reset"], data: schemas.UserResetRequest
    ) -> schemas.UserResetReply: ...

    @overload
    def call(
        self, operation: Literal["user/sessions"], data: schemas.UserSessionsRequest = ...
    ) -> schemas.UserSessionsReply: ...

    @overload
    def call(
        self, operation: Literal["user/update"], data: schemas.UserUpdateRequest
    ) -> schemas.UserUpdateReply: ...

    @overload
    def call(
        self, operation: Literal["user/verified"], data: schemas.UserVerifiedRequest = ...
    ) -> schemas.UserVerifiedReply: ...

    @overload
    def call(
        self, operation: Literal["user/verify"], data: schemas.UserVerifyRequest
    ) -> schemas.UserVerifyReply: ...

    @overload
    def call(
        self, operation: Literal["wx/login"], data: schemas.WxLoginRequest
    ) -> schemas.WxLoginReply: ...

    def call(self, operation: str, data: object = None) -> object:
        """Call an operation; raises `GuichetFault` where it was not done."""
        return self._call(operation, data)

    def _call(self, operation: str, data: object) -> object:
        raise NotImplementedError


class AsyncCalls:
    """What `call` takes and answers, by the name of the operation."""

    @overload
    async def call(
        self, operation: Literal["img/generate"], data: schemas.ImgGenerateRequest = ...
    ) -> schemas.ImgGenerateReply: ...

    @overload
    async def call(
        self, operation: Literal["img/validate"], data: schemas.ImgValidateRequest
    ) -> schemas.ImgValidateReply: ...

    @overload
    async def call(
        self, operation: Literal["player/guest"], data: schemas.PlayerGuestRequest = ...
    ) -> schemas.PlayerGuestReply: ...

    @overload
    async def call(
        self, operation: Literal["player/update"], data: schemas.PlayerUpdateRequest
    ) -> schemas.PlayerUpdateReply: ...

    @overload
    async def call(
        self, operation: Literal["portrait/file"], data: schemas.PortraitFileRequest
    ) -> schemas.PortraitFileReply: ...

    @overload
    async def call(
        self, operation: Literal["portrait/get"], data: schemas.PortraitGetRequest
    ) -> schemas.PortraitGetReply: ...

    @overload
    async def call(
        self, operation: Literal["portrait/upload"], data: schemas.PortraitUploadRequest
    ) -> schemas.PortraitUploadReply: ...

    @overload
    async def call(
        self, operation: Literal["property/add"], data: schemas.PropertyAddRequest
    ) -> schemas.PropertyAddReply: ...

    @overload
    async def call(
        self, operation: Literal["property/delete"], data: schemas.PropertyDeleteRequest
    ) -> schemas.PropertyDeleteReply: ...

    @overload
    async def call(
        self, operation: Literal["property/query"], data: schemas.PropertyQueryRequest
    ) -> schemas.PropertyQueryReply: ...

    @overload
    async def call(
        self, operation: Literal["property/update"], data: schemas.PropertyUpdateRequest
    ) -> schemas.PropertyUpdateReply: ...

    @overload
    async def call(
        self, operation: Literal["rank/around"], data: schemas.RankAroundRequest = ...
    ) -> schemas.RankAroundReply: ...

    @overload
    async def call(
        self, operation: Literal["rank/list"], data: schemas.RankListRequest = ...
    ) -> schemas.RankListReply: ...

    @overload
    async def call(
        self, operation: Literal["rank/upload"], data: schemas.RankUploadRequest
    ) -> schemas.RankUploadReply: ...

    @overload
    async def call(
        self, operation: Literal["report/add"], data: schemas.ReportAddRequest
    ) -> schemas.ReportAddReply: ...

    @overload
    async def call(
        self, operation: Literal["round/start"], data: schemas.RoundStartRequest
    ) -> schemas.RoundStartReply: ...

    @overload
    async def call(
        self, operation: Literal["score/around"], data: schemas.ScoreAroundRequest
    ) -> schemas.ScoreAroundReply: ...

    @overload
    async def call(
        self, operation: Literal["score/board"], data: schemas.ScoreBoardRequest = ...
    ) -> schemas.ScoreBoardReply: ...

    @overload
    async def call(
        self, operation: Literal["score/get"], data: schemas.ScoreGetRequest
    ) -> schemas.ScoreGetReply: ...

    @overload
    async def call(
        self, operation: Literal["score/of"], data: schemas.ScoreOfRequest
    ) -> schemas.ScoreOfReply: ...

    @overload
    async def call(
        self, operation: Literal["score/post"], data: schemas.ScorePostRequest
    ) -> schemas.ScorePostReply: ...

    @overload
    async def call(
        self, operation: Literal["score/top"], data: schemas.ScoreTopRequest = ...
    ) -> schemas.ScoreTopReply: ...

    @overload
    async def call(
        self, operation: Literal["shop/creat"], data: schemas.ShopCreatRequest
    ) -> schemas.ShopCreatReply: ...

    @overload
    async def call(
        self, operation: Literal["shop/create"], data: schemas.ShopCreatRequest
    ) -> schemas.ShopCreatReply: ...

    @overload
    async def call(
        self, operation: Literal["shop/get"], data: schemas.ShopGetRequest
    ) -> schemas.ShopGetReply: ...

    @overload
    async def call(
        self, operation: Literal["shop/list"], data: schemas.ShopListRequest = ...
    ) -> schemas.ShopListReply: ...

    @overload
    async def call(
        self, operation: Literal["shop/update"], data: schemas.ShopUpdateRequest
    ) -> schemas.ShopUpdateReply: ...

    @overload
    async def call(
        self, operation: Literal["sms/generate"], data: schemas.SmsGenerateRequest
    ) -> schemas.SmsGenerateReply: ...

    @overload
    async def call(
        self, operation: Literal["sms/validate"], data: schemas.SmsValidateRequest
    ) -> schemas.SmsValidateReply: ...

    @overload
    async def call(
        self, operation: Literal["user/avatar"], data: schemas.UserAvatarRequest
    ) -> schemas.UserAvatarReply: ...

    @overload
    async def call(
        self, operation: Literal["user/end_sessions"], data: schemas.UserEndSessionsRequest = ...
    ) -> schemas.UserEndSessionsReply: ...

    @overload
    async def call(
        self, operation: Literal["user/export"], data: schemas.UserExportRequest = ...
    ) -> schemas.UserExportReply: ...

    @overload
    async def call(
        self, operation: Literal["user/info"], data: schemas.UserInfoRequest = ...
    ) -> schemas.UserInfoReply: ...

    @overload
    async def call(
        self, operation: Literal["user/login"], data: schemas.UserLoginRequest
    ) -> schemas.UserLoginReply: ...

    @overload
    async def call(
        self, operation: Literal["user/login_sms"], data: schemas.UserLoginSmsRequest
    ) -> schemas.UserLoginSmsReply: ...

    @overload
    async def call(
        self, operation: Literal["user/logout"], data: schemas.UserLogoutRequest = ...
    ) -> schemas.UserLogoutReply: ...

    @overload
    async def call(
        self, operation: Literal["user/mobile"], data: schemas.UserMobileRequest
    ) -> schemas.UserMobileReply: ...

    @overload
    async def call(
        self, operation: Literal["user/password"], data: schemas.UserPasswordRequest
    ) -> schemas.UserPasswordReply: ...

    @overload
    async def call(
        self, operation: Literal["user/register"], data: schemas.UserRegisterRequest
    ) -> schemas.UserRegisterReply: ...

    @overload
    async def call(
        self, operation: Literal["user/remove"], data: schemas.UserRemoveRequest = ...
    ) -> schemas.UserRemoveReply: ...

    @overload
    async def call(
        self, operation: Literal["user/rename"], data: schemas.UserRenameRequest
    ) -> schemas.UserRenameReply: ...

    @overload
    async def call(
        self, operation: Literal["user/reset"], data: schemas.UserResetRequest
    ) -> schemas.UserResetReply: ...

    @overload
    async def call(
        self, operation: Literal["user/sessions"], data: schemas.UserSessionsRequest = ...
    ) -> schemas.UserSessionsReply: ...

    @overload
    async def call(
        self, operation: Literal["user/update"], data: schemas.UserUpdateRequest
    ) -> schemas.UserUpdateReply: ...

    @overload
    async def call(
        self, operation: Literal["user/verified"], data: schemas.UserVerifiedRequest = ...
    ) -> schemas.UserVerifiedReply: ...

    @overload
    async def call(
        self, operation: Literal["user/verify"], data: schemas.UserVerifyRequest
    ) -> schemas.UserVerifyReply: ...

    @overload
    async def call(
        self, operation: Literal["wx/login"], data: schemas.WxLoginRequest
    ) -> schemas.WxLoginReply: ...

    async def call(self, operation: str, data: object = None) -> object:
        """Call an operation; raises `GuichetFault` where it was not done."""
        return await self._call(operation, data)

    async def _call(self, operation: str, data: object) -> object:
        raise NotImplementedError
