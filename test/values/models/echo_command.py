"""The same model as a command."""
import spotpool_model
from echo import predict

spotpool_model.run(predict)
